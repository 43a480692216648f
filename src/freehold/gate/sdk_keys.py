"""`POST /v1/sdk/keys`: an SDK process has seen a key's text for the first time, and asks what it stands for."""

from typing import Final

from freehold.gate import answers
from freehold.gate.exchange import Exchange
from freehold.gate.keyring import Keyring, TokenRecord
from freehold.keys import credential
from freehold.keys.credential import Digester
from freehold.keys.records import ProjectRecord, SecretRecord
from freehold.keys.sharing import KeyAnswer, KeyQuestion, SharedApi, share
from freehold.kit.secrets import InstanceSecret, same

_NOTHING: Final = (None, None)


class SdkKeys:
    """Shares what one worker knows of keys, but never what opens them."""

    def __init__(self, brand: str, secret: InstanceSecret, keyring: Keyring) -> None:
        self._brand = brand
        self._keyring = keyring
        self._digesters = {
            "sandbox": Digester(credential.pepper(secret, "sandbox")),
            "production": Digester(credential.pepper(secret, "production")),
        }

    def answer(self, exchange: Exchange, token: TokenRecord, asked: KeyQuestion) -> None:
        """Answer with the key's record, and its API's catalogue if the asker has none; Missing where something is to be fetched."""
        record, project = self._known(asked.key, token)
        if record is None or project is None:
            found = KeyAnswer(self._keyring.epoch, None, None)
        else:
            shared = None if project.api_id in asked.apis else self._api(project.api_id)
            found = KeyAnswer(self._keyring.epoch, share(record, project), shared)
        exchange.reply(200, answers.JSON, answers.encode_json(found))

    def key_of(self, selector: str, token: TokenRecord) -> tuple[SecretRecord, ProjectRecord] | tuple[None, None]:
        """The key of a selector, as far as the asker may know of it; Missing where that is to be fetched."""
        record = self._keyring.secret(selector)
        project = None if record is None else self._keyring.project(record.project_id)
        if record is None or project is None or token.organization_id not in (None, project.organization_id):
            return _NOTHING
        return record, project

    def _known(self, text: str, token: TokenRecord) -> tuple[SecretRecord, ProjectRecord] | tuple[None, None]:
        presented = credential.parse(text, self._brand)
        if presented is None:
            return _NOTHING
        record, project = self.key_of(presented.selector, token)
        digest = self._digesters[presented.environment].digest(presented.secret)
        if record is None or project is None or not same(record.digest, digest):
            return _NOTHING
        return record, project

    def _api(self, api_id: str) -> SharedApi | None:
        api = self._keyring.api(api_id)
        if api is None:
            return None
        return SharedApi(id=api.id, slug=api.slug, fail_open=api.fail_open, routes=api.router.routes)
