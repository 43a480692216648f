"""Where webhooks may be sent to, as the operator's settings say it."""

from freehold.projects.records import Environment
from freehold.settings import BadSetting, Settings
from freehold.webhooks.addresses import AddressPolicy, read_networks, read_ports


def policy_of(settings: Settings, environment: Environment) -> AddressPolicy:
    """The policy of one environment; BadSetting where the operator's lists cannot be understood.

    Loopback is open to sandbox endpoints of the embedded default alone: there the developer's
    own machine is the receiver. On PostgreSQL it would be a server that others share.
    """
    try:
        allowed = read_networks(settings.webhook_allow)
    except ValueError as error:
        raise BadSetting(f"FREEHOLD_WEBHOOK_ALLOW should be networks such as 10.20.0.0/16,fd00::/8: {error}.") from None
    try:
        ports = read_ports(settings.webhook_ports)
    except ValueError:
        raise BadSetting(
            f"FREEHOLD_WEBHOOK_PORTS should be ports such as 443,8000-8999, not {settings.webhook_ports!r}."
        ) from None
    return AddressPolicy(allowed, ports, loopback=settings.embedded and environment == "sandbox")
