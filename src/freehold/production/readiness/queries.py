"""SQL of readiness' own tables: policies, own checks, attestations, HTTP results, acceptances, and how checks stand."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from freehold.production.readiness.records import Attestation, Check, CheckState, HttpResult, OwnCheck, Policy
from freehold.store.engine import Transaction
from freehold.store.schema import (
    projects,
    readiness_attestations,
    readiness_calls,
    readiness_http_results,
    readiness_own_checks,
    readiness_policies,
    readiness_results,
)

_P: Final = readiness_policies.c
_O: Final = readiness_own_checks.c
_A: Final = readiness_attestations.c
_H: Final = readiness_http_results.c
_S: Final = readiness_results.c
_ATTESTATION: Final = [column for column in _A if column.name != "api_id"]
_HTTP_RESULT: Final = [column for column in _H if column.name != "api_id"]
_OWN: Final = [column for column in _O if column.name != "removed_at"]


def _new(tx: Transaction, table: Any) -> Any:
    return sqlite.insert(table) if tx.dialect.name == "sqlite" else postgresql.insert(table)


# --- the operator's ------------------------------------------------------------------------------------------------


def policy_of(tx: Transaction, api_id: str) -> Policy:
    """What is asked of an API's projects: the defaults where nothing was ever set (primary key)."""
    row = tx.execute(select(readiness_policies).where(_P.api_id == api_id)).first()
    if row is None:
        return Policy(api_id)
    kept = dict(row._mapping)
    return Policy(**kept | {"blocking": frozenset(kept["blocking"]), "material": tuple(kept["material"])})


def keep_policy(tx: Transaction, policy: Policy, revision: int | None) -> bool:
    """Set a policy that still has this revision (None: any); whether it had (primary key)."""
    values = asdict(policy) | {"blocking": sorted(policy.blocking), "material": list(policy.material)}
    values["revision"] = (_P.revision + 1) if policy.revision else 1
    if policy.revision == 0:
        made = _new(tx, readiness_policies).values(**values).on_conflict_do_nothing().returning(_P.api_id)
        return revision in (None, 0) and tx.execute(made).first() is not None
    at = policy.revision if revision is None else revision
    done = tx.execute(update(readiness_policies).where(_P.api_id == policy.api_id, _P.revision == at).values(**values))
    return done.rowcount == 1


def own_checks_of(tx: Transaction, api_id: str) -> list[OwnCheck]:
    """The operator's checks of an API, by title (uq_readiness_own_checks_code)."""
    query = select(*_OWN).where(_O.api_id == api_id, _O.removed_at.is_(None)).order_by(_O.title, _O.id)
    return [OwnCheck(**row._mapping) for row in tx.execute(query)]


def find_own_check(tx: Transaction, check_id: str) -> OwnCheck | None:
    """An own check that was not removed, by id (primary key)."""
    row = tx.execute(select(*_OWN).where(_O.id == check_id, _O.removed_at.is_(None))).first()
    return OwnCheck(**row._mapping) if row else None


def insert_own_check(tx: Transaction, check: OwnCheck) -> None:
    """Keep a new check; IntegrityError where its code is taken."""
    tx.execute(insert(readiness_own_checks).values(**asdict(check)))


def change_own_check(tx: Transaction, check: OwnCheck, revision: int) -> bool:
    """Save a check that still has this revision; whether it had. IntegrityError where its code is taken."""
    values = asdict(check) | {"revision": revision + 1}
    at = (_O.id == check.id, _O.revision == revision, _O.removed_at.is_(None))
    return tx.execute(update(readiness_own_checks).where(*at).values(**values)).rowcount == 1


def remove_own_check(tx: Transaction, check_id: str, now: datetime) -> None:
    """Mark a check removed, and forget the calls of it that were asked for."""
    tx.execute(update(readiness_own_checks).where(_O.id == check_id).values(removed_at=now))
    tx.execute(delete(readiness_calls).where(readiness_calls.c.check_id == check_id))


# --- what was said and found ---------------------------------------------------------------------------------------


def insert_attestation(tx: Transaction, made: Attestation, api_id: str) -> None:
    """Keep what a person attested; IntegrityError where the check is of another API than the project."""
    tx.execute(insert(readiness_attestations).values(api_id=api_id, **asdict(made)))


def find_attestation(tx: Transaction, attestation_id: str) -> Attestation | None:
    """An attestation by id (primary key)."""
    row = tx.execute(select(*_ATTESTATION).where(_A.id == attestation_id)).first()
    return Attestation(**row._mapping) if row else None


def attestations_of(tx: Transaction, project_id: str, limit: int) -> list[Attestation]:
    """The newest attestations of a project, withdrawn ones too (ix_readiness_attestations_project)."""
    query = select(*_ATTESTATION).where(_A.project_id == project_id).order_by(_A.at.desc(), _A.id.desc()).limit(limit)
    return [Attestation(**row._mapping) for row in tx.execute(query)]


def withdraw_attestation(tx: Transaction, attestation_id: str, by: str, now: datetime) -> bool:
    """Withdraw an attestation; False where it was before."""
    standing = (_A.id == attestation_id, _A.withdrawn_at.is_(None))
    values = {"withdrawn_at": now, "withdrawn_by": by}
    return tx.execute(update(readiness_attestations).where(*standing).values(**values)).rowcount == 1


def standing_attestations(tx: Transaction, project_ids: Sequence[str]) -> dict[str, dict[str, Attestation]]:
    """The newest attestation of each project and check that was not withdrawn, nor said before the check was changed."""
    query = (
        select(*_ATTESTATION)
        .join(readiness_own_checks, _O.id == _A.check_id)
        .where(_A.project_id.in_(project_ids), _A.withdrawn_at.is_(None), _A.at >= _O.asked_at)
        .order_by(_A.expires_at, _A.id)
    )
    found: dict[str, dict[str, Attestation]] = {each: {} for each in project_ids}
    for row in tx.execute(query):
        found[row.project_id][row.check_id] = Attestation(**row._mapping)
    return found


def insert_http_result(tx: Transaction, made: HttpResult, api_id: str) -> None:
    """Keep what a call came to."""
    tx.execute(insert(readiness_http_results).values(api_id=api_id, **asdict(made)))


def forget_http_results(tx: Transaction, project_id: str, check_id: str, kept: int) -> None:
    """Delete all but the newest results of a project and check (ix_readiness_http_results_project)."""
    mine = (_H.project_id == project_id, _H.check_id == check_id)
    newest = select(_H.id).where(*mine).order_by(_H.at.desc(), _H.id.desc()).limit(kept)
    tx.execute(delete(readiness_http_results).where(*mine, _H.id.not_in(newest)))


def http_results_of(tx: Transaction, project_id: str, limit: int) -> list[HttpResult]:
    """The newest results of a project's HTTP checks (ix_readiness_http_results_project)."""
    query = select(*_HTTP_RESULT).where(_H.project_id == project_id).order_by(_H.at.desc(), _H.id.desc()).limit(limit)
    return [HttpResult(**row._mapping) for row in tx.execute(query)]


def standing_http_results(tx: Transaction, project_ids: Sequence[str]) -> dict[str, dict[str, HttpResult]]:
    """The newest result of each project and check, where the check was not changed since."""
    query = (
        select(*_HTTP_RESULT)
        .join(readiness_own_checks, _O.id == _H.check_id)
        .where(_H.project_id.in_(project_ids), _H.at >= _O.asked_at)
        .order_by(_H.at, _H.id)
    )
    found: dict[str, dict[str, HttpResult]] = {each: {} for each in project_ids}
    for row in tx.execute(query):
        found[row.project_id][row.check_id] = HttpResult(**row._mapping)
    return found


def asked_of(tx: Transaction, project_id: str) -> frozenset[str]:
    """The own checks of a project that are about to be called (primary key)."""
    column = readiness_calls.c
    return frozenset(tx.execute(select(column.check_id).where(column.project_id == project_id)).scalars())


# --- how checks stand ----------------------------------------------------------------------------------------------


def stored_of(tx: Transaction, project_ids: Sequence[str]) -> dict[str, dict[str, tuple[CheckState, datetime, bool]]]:
    """How the checks of projects stood when they were last looked at: state, since when, blocking (primary key)."""
    found: dict[str, dict[str, tuple[CheckState, datetime, bool]]] = {each: {} for each in project_ids}
    for row in tx.execute(select(readiness_results).where(_S.project_id.in_(project_ids))):
        found[row.project_id][row.code] = (row.state, row.since_at, row.blocking)
    return found


def store(tx: Transaction, project_id: str, found: Iterable[Check], now: datetime) -> None:
    """Write down how checks stand, with their ages (primary key)."""
    rows = [
        {"project_id": project_id, "code": each.code, "state": each.state, "blocking": each.blocking, "since_at": each.since or now}
        for each in found
    ]  # fmt: skip
    if rows:
        new = _new(tx, readiness_results)
        set_ = {name: new.excluded[name] for name in ("state", "blocking", "since_at")}
        tx.execute(new.on_conflict_do_update(index_elements=["project_id", "code"], set_=set_), rows)


def forget(tx: Transaction, project_id: str, codes: Sequence[str]) -> None:
    """Delete how checks stood that there are no more (primary key)."""
    tx.execute(delete(readiness_results).where(_S.project_id == project_id, _S.code.in_(codes)))


def sandboxes_after(tx: Transaction, project_id: str, limit: int) -> list[str]:
    """The ids of active sandbox projects after an id, in order (primary key)."""
    column = projects.c
    query = select(column.id).where(column.id > project_id, column.environment == "sandbox", column.state == "active")
    return list(tx.execute(query.order_by(column.id).limit(limit)).scalars())
