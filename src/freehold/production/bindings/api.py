"""HTTP of bindings for production. Thin: parse, one action, present."""

from freehold.production.bindings import actions
from freehold.production.bindings.views import BindingsBody, BindingsView, bindings_view, values_if_any
from freehold.web.call import Call


def read_bindings(call: Call, project_id: str) -> BindingsView:
    """What a sandbox project's production sibling needs values of, and what was given. Either sibling's id serves."""
    with call.read() as tx:
        return bindings_view(actions.bindings_of(tx, call.actor, project_id))


def give_bindings(call: Call, project_id: str, data: BindingsBody) -> BindingsView:
    """Give slots their values for production, kept sealed: null takes one away, what is not named stays as it is."""
    values = values_if_any(data.bindings)
    with call.write() as tx:
        return bindings_view(actions.give_bindings(tx, call.actor, call.secret, call.settings, project_id, values))
