"""The isolation machine: whatever is done in whatever order, a key opens what is its own and nothing else.

Tries every way in (verify, authorize, gateway) with keys of other projects, environments,
organizations and APIs, with forged mixtures of keys, with tokens of other organizations, and with
people who act on what is not theirs. What must come out is said by a model of a few lines.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule, run_state_machine_as_test

from freehold.errors import Problem
from freehold.keys import actions as keys
from freehold.keys import rotation
from freehold.keys.settings_rules import KeySettings
from freehold.production.applying.tools import Tools
from freehold.production.bindings import actions as bindings_actions
from freehold.production.clone import actions as clone_actions
from freehold.production.clone.records import CloneOrder
from freehold.production.drift import actions as drift_actions
from freehold.production.drift import promoting
from freehold.production.drift.promotion_records import PromotionOrder
from freehold.production.siblings import planning as clone_planning
from freehold.projects import actions as projects
from freehold.projects.records import Environment, ProjectChange, Scope
from freehold.settings import Settings
from freehold.store.engine import Store
from tests.databases import SECRET
from tests.gate.gate_process import GateProcess, eventually
from tests.gate.isolation_world import REQUESTS, ROUTES, Credential, Team, Workload, World, expected, forge, matched
from tests.gate.upstream import Upstream

# Steps of the machine: examples × steps each. Set higher for a campaign.
EXAMPLES: Final = int(os.environ.get("FREEHOLD_TEST_ISOLATION_EXAMPLES", "12"))
STEPS: Final = 60
_ENVIRONMENTS: Final[tuple[Environment, ...]] = ("sandbox", "production")
TOOLS: Final = Tools(SECRET, Settings())
_OPERATIONS: Final = {api: [route[0] for route in routes] for api, routes in ROUTES.items()}


class Surroundings:
    """One gate, one database, and an upstream for each API and environment, shared by all examples."""

    def __init__(self, store: Store, settings: Settings, stack: ExitStack) -> None:
        self.upstreams = {
            (api, environment): stack.enter_context(Upstream()) for api in ROUTES for environment in _ENVIRONMENTS
        }
        self.world = World(
            store,
            SECRET,
            {
                api: {environment: self.upstreams[api, environment].url for environment in _ENVIRONMENTS}
                for api in ROUTES
            },
        )
        self.gate = stack.enter_context(
            GateProcess(
                settings.data,
                {
                    "FREEHOLD_SECRET": settings.secret,
                    "FREEHOLD_DATABASE_URL": settings.database_url,
                    "FREEHOLD_EPOCH_POLL_MS": "5",
                },
            )
        )
        self.steps = 0

    def answered_by(self) -> list[tuple[str, Environment]]:
        """Which upstreams were reached since the last look."""
        found = [place for place, upstream in self.upstreams.items() if upstream.received]
        for place in found:
            self.upstreams[place].received.clear()
        return found


@pytest.fixture
def surroundings(store: Store, settings: Settings) -> Iterator[Surroundings]:
    with ExitStack() as stack:
        yield Surroundings(store, settings, stack)


def test_a_key_opens_only_what_is_its_own(surroundings: Surroundings, tmp_path: Path) -> None:
    class Machine(IsolationMachine):
        around = surroundings

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    print(f"isolation: {surroundings.steps} steps")
    assert surroundings.steps > EXAMPLES * STEPS / 3


class IsolationMachine(RuleBasedStateMachine):
    around: Surroundings
    teams = Bundle("teams")
    workloads = Bundle("workloads")
    credentials = Bundle("credentials")

    def __init__(self) -> None:
        super().__init__()
        self.is_stale = True

    def _changed(self) -> None:
        self.around.steps += 1
        self.is_stale = True

    def _before_asking(self) -> None:
        self.around.steps += 1
        if self.is_stale:
            eventually(self.around.world.reached)
            self.is_stale = False

    # --- what people do ---

    @initialize(target=teams)
    def first_team(self) -> Team:
        self._changed()
        return self.around.world.add_team()

    @rule(target=teams)
    def another_team(self) -> Team:
        self._changed()
        return self.around.world.add_team()

    @rule(target=workloads, team=teams, api=st.sampled_from(sorted(ROUTES)), data=st.data())
    def add_project(self, team: Team, api: str, data: st.DataObject) -> Workload:
        self._changed()
        project = self.around.world.add_project(team, api)
        self._declare(project, data)
        return project

    @rule(target=workloads, sandbox=workloads)
    def clone(self, sandbox: Workload) -> Workload:
        assume(sandbox.environment == "sandbox" and sandbox.sibling is None and not sandbox.archived)
        self._changed()
        return self.around.world.clone(sandbox)

    @rule(source=workloads)
    def promote_or_revert(self, source: Workload) -> None:
        assume(source.sibling is not None and not source.archived and not source.sibling.archived)
        self._changed()
        self.around.world.bring(source, "promote" if source.environment == "sandbox" else "revert")

    @rule(target=credentials, project=workloads, data=st.data())
    def issue_declared(self, project: Workload, data: st.DataObject) -> Credential:
        assume(project.declared and not project.archived)
        self._changed()
        return self.around.world.issue_declared(project, data.draw(st.sampled_from(sorted(project.declared))))

    @rule(project=workloads, data=st.data())
    def declare(self, project: Workload, data: st.DataObject) -> None:
        assume(not project.archived)
        self._changed()
        self._declare(project, data)

    def _declare(self, project: Workload, data: st.DataObject) -> None:
        self.around.world.set_scope(project, data.draw(st.sets(st.sampled_from(_OPERATIONS[project.api]), min_size=1)))

    @rule(project=workloads)
    def archive_or_restore(self, project: Workload) -> None:
        self._changed()
        project.archived = not project.archived
        self.around.world.archive(project, project.archived)

    @rule(target=credentials, project=workloads, data=st.data())
    def issue(self, project: Workload, data: st.DataObject) -> Credential:
        assume(not project.archived and project.scope)
        self._changed()
        narrowed = data.draw(st.none() | st.sets(st.sampled_from(sorted(project.scope))))
        return self.around.world.issue(project, narrowed)

    @rule(key=credentials)
    def revoke(self, key: Credential) -> None:
        self._changed()
        self.around.world.revoke(key)

    @rule(target=credentials, key=credentials, overlap_s=st.sampled_from((0, 3600)))
    def rotate(self, key: Credential, overlap_s: int) -> Any:
        self._changed()
        if key.revoked or key.project.archived or (overlap_s and len(key.serving) > 1):
            with pytest.raises(Problem) as refused:
                self.around.world.rotate(key, overlap_s)
            assert refused.value.code == "conflict"
            return multiple()
        return self.around.world.rotate(key, overlap_s)

    @rule(key=credentials)
    def retire(self, key: Credential) -> None:
        assume(key.version < len(key.versions))
        self._changed()
        self.around.world.retire(key)

    # --- what callers try ---

    @rule(
        key=credentials,
        request=st.sampled_from(REQUESTS),
        environment=st.sampled_from((None, *_ENVIRONMENTS)),
        asker=teams,
        by_operator=st.booleans(),
    )
    def verify(
        self, key: Credential, request: tuple[str, str], environment: Environment | None, asker: Team, by_operator: bool
    ) -> None:
        self._before_asking()
        method, path = request
        team = self.around.world.operator if by_operator else asker
        asked: dict[str, Any] = {"key": key.text, "method": method, "path": path}
        if environment:
            asked["environment"] = environment
        answer = self.around.gate.verify(team.token, **asked)
        theirs = by_operator or key.project.team is asker
        wanted = expected(key, matched(key.project.api, method, path), environment) if theirs else "unknown_key"
        self._check(key, wanted, answer["reason"] or "allowed")
        if not theirs:
            assert answer.get("project") is None
        elif answer["allowed"]:
            assert (answer["project"], answer["environment"]) == (key.project.id, key.project.environment)

    @rule(key=credentials, request=st.sampled_from(REQUESTS), environment=st.sampled_from((None, *_ENVIRONMENTS)))
    def authorize(self, key: Credential, request: tuple[str, str], environment: Environment | None) -> None:
        self._before_asking()
        method, path = request
        answer = self.around.gate.client.get(
            "/v1/authorize" + (f"?environment={environment}" if environment else ""),
            headers={"Authorization": f"Bearer {key.text}", "X-Original-Method": method, "X-Original-URI": path,
                     "X-Freehold-Project": "proj_forged", "X-Freehold-Environment": "production"},
        )  # fmt: skip
        wanted = expected(key, matched(key.project.api, method, path), environment)
        self._check(key, wanted, answer.headers.get("x-freehold-reason", "allowed"))
        if wanted == "allowed":
            assert answer.status_code == 204
            assert answer.headers["x-freehold-project"] == key.project.id
            assert answer.headers["x-freehold-environment"] == key.project.environment
        else:
            assert answer.status_code in (401, 403)

    @rule(key=credentials, request=st.sampled_from(REQUESTS), api=st.sampled_from((*ROUTES, "gamma")))
    def gateway(self, key: Credential, request: tuple[str, str], api: str) -> None:
        self._before_asking()
        method, path = request
        answer = self.around.gate.client.request(
            method, f"/gateway/{api}{path}",
            headers={"Authorization": f"Bearer {key.text}", "X-Freehold-Environment": "production"},
        )  # fmt: skip
        operation = matched(api, method, path)
        wanted = expected(key, operation, None)
        if wanted == "allowed" and api != key.project.api:
            wanted = "endpoint_not_in_scope"
        self._check(key, wanted, answer.headers.get("x-freehold-reason", "allowed"))
        reached = self.around.answered_by()
        assert reached == ([(api, key.project.environment)] if wanted == "allowed" else [])
        assert (answer.status_code == 200) == (wanted == "allowed")

    @rule(
        own=credentials,
        other=credentials,
        environment=st.sampled_from((None, *_ENVIRONMENTS)),
        request=st.sampled_from(REQUESTS),
    )
    def forge_a_key(
        self, own: Credential, other: Credential, environment: Environment | None, request: tuple[str, str]
    ) -> None:
        text = forge(own.text, other.text, environment)
        assume(text != own.text)
        self._before_asking()
        answer = self.around.gate.verify(self.around.world.operator.token, key=text, method=request[0], path=request[1])
        assert answer["reason"] == "unknown_key"
        through = self.around.gate.client.request(
            request[0], f"/gateway/{own.project.api}{request[1]}", headers={"Authorization": f"Bearer {text}"}
        )
        assert through.status_code == 401
        assert self.around.answered_by() == []

    @rule(key=credentials, stranger=teams)
    def act_on_what_is_not_yours(self, key: Credential, stranger: Team) -> None:
        assume(key.project.team is not stranger)
        self.around.steps += 1
        project_id = key.project.id
        for act in (
            lambda tx: keys.read_key(tx, stranger.actor, key.id),
            lambda tx: keys.revoke_key(tx, stranger.actor, key.id),
            lambda tx: keys.edit_key(tx, stranger.actor, key.id, lambda old: old),
            lambda tx: rotation.rotate_key(tx, stranger.actor, SECRET, "fh", key.id, 0),
            lambda tx: rotation.retire_secret(tx, stranger.actor, key.id, 1),
            lambda tx: rotation.change_overlap(tx, stranger.actor, key.id, 1, hold=True),
            lambda tx: keys.issue_key(tx, stranger.actor, SECRET, "fh", project_id, KeySettings("stolen")),
            lambda tx: projects.set_scope(tx, stranger.actor, project_id, Scope([], [])),
            lambda tx: clone_planning.plan_clone(tx, stranger.actor, project_id),
            lambda tx: clone_actions.clone_project(tx, stranger.actor, TOOLS, project_id, CloneOrder("")),
            lambda tx: promoting.carry_out(tx, stranger.actor, TOOLS, project_id, "promote", PromotionOrder()),
            lambda tx: promoting.carry_out(tx, stranger.actor, TOOLS, project_id, "revert", PromotionOrder()),
            lambda tx: drift_actions.accept(tx, stranger.actor, project_id, ["/labels/name"], "stolen", 1),
            lambda tx: bindings_actions.give_bindings(tx, stranger.actor, SECRET, TOOLS.settings, project_id, {}),
            lambda tx: projects.archive_project(tx, stranger.actor, project_id),
            lambda tx: projects.edit_project(tx, stranger.actor, project_id, ProjectChange(name="stolen")),
        ):
            with pytest.raises(Problem) as refused, self.around.world.store.write() as tx:
                act(tx)
            assert refused.value.code == "not_found"

    def _check(self, key: Credential, wanted: str, got: str) -> None:
        assert got == wanted, (
            f"{key.project.environment} {key.project.api} scope={key.project.scope} narrowed={key.narrowed}"
        )
