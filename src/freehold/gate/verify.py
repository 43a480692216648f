"""`POST /v1/keys/verify`: the operator's own code asks whether a request may pass.

Answers 200 whatever was decided; anything else says that the question itself cannot be answered.
"""

from freehold.errors import Problem
from freehold.gate import answers
from freehold.gate.decider import Decider, usage_event
from freehold.gate.exchange import Exchange
from freehold.gate.express import known_head
from freehold.gate.service_tokens import ServiceTokens
from freehold.gate.verify_again import Again, answer_format
from freehold.gate.verify_words import answer, question, read


class Verify:
    """Answers verifications."""

    def __init__(self, decider: Decider, tokens: ServiceTokens) -> None:
        self._decider = decider
        self._tokens = tokens
        self._standings = decider.standings(answer_format)

    def handle(self, exchange: Exchange, hearing: bool) -> None:
        """Decide and answer; Problem where the question is not right, Missing where something is to be fetched."""
        if exchange.method != b"POST":
            raise Problem("method_not_allowed", "Verify with POST.", headers={"Allow": "POST"})
        token = self._tokens.verifier(exchange.fields, exchange.at_ms)
        asked = question(read(exchange), token)
        decided = self._decider.decide(asked) if hearing else self._decider.unavailable(asked)
        body = answers.encode_json(answer(exchange.request_id, decided))
        exchange.reply(200, answers.JSON, body, usage_event(exchange.request_id, exchange.at_ms, decided))
        connection = exchange.connection
        head = known_head(exchange, connection.feeding)
        if head is not None:
            digest = self._tokens.digest(exchange.fields)
            connection.learn(Again(connection, head, digest, self._decider, self._tokens, self._standings))
