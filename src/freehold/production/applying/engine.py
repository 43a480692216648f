"""Turn a project into exactly a shape: the one way for files, restorations, clones, promotions and reverts.

Everything goes through the actions of the slices, which ask for their own permissions, in the order that references
need. Afterwards the shape is read again: it is the wanted one, or the transaction does not commit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from freehold.alerts import rule_queries
from freehold.apis import queries as apis
from freehold.errors import FieldError, Problem, invalid
from freehold.kit import canonical_json, clock
from freehold.organizations.records import Actor
from freehold.production.applying import alerts, keys, reports, webhooks
from freehold.production.applying import project as shaping_project
from freehold.production.applying.checking import Ground, shape_faults
from freehold.production.applying.rebinding import rebound_slots
from freehold.production.applying.tools import Shaping, Tools
from freehold.production.shape.assembling import read_shape
from freehold.production.shape.assets import assets_of, filled_slots
from freehold.production.shape.pointers import sorted_pointers
from freehold.production.shape.records import Cause, Difference, Shape
from freehold.production.shape.rules import differences
from freehold.production.shape.slots import Bindings, binding_faults, bindings_missing, missing
from freehold.projects import queries as projects
from freehold.projects.actions import require_active
from freehold.projects.records import Project
from freehold.store import touched
from freehold.store.engine import Transaction


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a shape did: the differences that it made away with, as from the shape wanted (`sandbox`) to the one that was.

    `secrets`: signing secrets of new webhook endpoints by slot, shown this once. `rebound`: slots whose value is another now.
    """

    differences: tuple[Difference, ...]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    rebound: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything is other than before."""
        return bool(self.differences or self.rebound)


def apply_shape(
    tx: Transaction, actor: Actor, tools: Tools, project: Project, wanted: Shape, bindings: Bindings, cause: Cause
) -> Applied:
    """Make a project's shape the wanted one (in its normal form), whole or not at all. `bindings`: values by slot.

    A slot that is given nothing keeps what it holds. Problem `bindings_missing` names those that hold nothing;
    `invalid` names what is wrong with the shape; what an action refuses it says with the shape's names.
    """
    require_active(project)
    if faults := faults_of(tx, project, wanted, bindings):
        raise invalid(*faults)
    assets = assets_of(tx, project)
    present = read_shape(tx, project, assets)
    if empty := missing(wanted, bindings, filled_slots(assets)):
        raise bindings_missing(empty)
    touched.because(tx, cause)
    rebound = frozenset(rebound_slots(tools, project, assets, wanted, bindings))
    work = Shaping(tx, actor, tools, project, present, wanted, bindings, assets, rebound)
    # What is declared is all there is to be: no rules come by themselves later.
    rule_queries.note_defaults(tx, project.id, clock.now())
    for step in _STEPS:
        step(work)
    _require_reached(tx, project, wanted)
    return Applied(tuple(differences(wanted, present)), dict(work.secrets), tuple(sorted_pointers(rebound)))


def faults_of(tx: Transaction, project: Project, wanted: Shape, bindings: Bindings) -> list[FieldError]:
    """Everything that is wrong with a shape for a project, and with the bindings for it."""
    api = apis.find_api(tx, project.api_id)
    ground = Ground(
        api.slug if api else "",
        {each.operation_id for each in apis.endpoints_of(tx, project.api_id)},
        {each.name for each in apis.event_types_of(tx, project.api_id)},
        projects.scope_of(tx, project.id),
    )
    return [*shape_faults(wanted, ground, clock.now()), *binding_faults(wanted, bindings)]


# What goes first goes; then what others refer to comes before what refers to it. A key is narrowed before its endpoint
# leaves the scope, and widened once the endpoint is in it.
_STEPS = (
    reports.remove, alerts.remove, webhooks.remove, keys.remove, shaping_project.change,
    shaping_project.widen_scope, keys.change, shaping_project.settle_scope,
    webhooks.change, alerts.change, reports.change,
)  # fmt: skip


def _require_reached(tx: Transaction, project: Project, wanted: Shape) -> None:
    reached = projects.find_project(tx, project.id)
    shape = read_shape(tx, reached or project)
    if canonical_json.fingerprint(shape) != canonical_json.fingerprint(wanted):
        paths = ", ".join(each.path for each in differences(wanted, shape)) or "how it is written"
        raise Problem("conflict", f"The project would differ from what was wanted in {paths}. Nothing was changed.")
