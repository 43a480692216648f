"""The whole HTTP surface of the control plane, one line a route."""

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, Final

from litestar import delete, get, patch, post, put
from litestar.concurrency import sync_to_thread
from litestar.handlers import HTTPRouteHandler

from freehold.alerts import api as alerts
from freehold.alerts import pages as alert_pages
from freehold.alerts import rule_pages
from freehold.apis import api as apis
from freehold.apis import pages as api_pages
from freehold.forwarding import api as forwarding
from freehold.forwarding import one_page as forwarding_page
from freehold.forwarding import pages as forwarding_pages
from freehold.keeping import organizations_api as leaving
from freehold.keeping import organizations_pages as leaving_pages
from freehold.keeping import people_api as people
from freehold.keeping import people_pages
from freehold.keeping import retention_api as kept
from freehold.keeping import retention_pages as kept_pages
from freehold.keys import api as keys
from freehold.keys import rotation_api as rotation
from freehold.organizations import api as organizations
from freehold.organizations import (
    audit_api,
    audit_entry_api,
    audit_pages,
    member_api,
    member_pages,
    organization_pages,
    token_api,
    token_pages,
)
from freehold.organizations import pages as account_pages
from freehold.overview import api as overview
from freehold.overview.pages import overview as overview_pages
from freehold.overview.pages import projects as projects_pages
from freehold.overview.pages import scope as scope_pages
from freehold.overview.pages.keys import issuing as key_issuing
from freehold.overview.pages.keys import one as key_page
from freehold.overview.pages.keys import rotating as key_rotating
from freehold.overview.pages.keys import table as key_table
from freehold.prices import api as prices
from freehold.prices import pages as price_pages
from freehold.production.applying import api as shapes
from freehold.production.applying import pages as history_pages
from freehold.production.bindings import api as bindings_api
from freehold.production.bindings import pages as bindings_pages
from freehold.production.clone import api as clone_api
from freehold.production.clone import pages as clone_pages
from freehold.production.drift import api as drift_api
from freehold.production.drift import pages as drift_pages
from freehold.production.policy import api as policy_api
from freehold.production.policy import pages as policy_pages
from freehold.production.readiness import api as readiness
from freehold.production.readiness import pages as readiness_pages
from freehold.production.review import access_pages
from freehold.production.review import api as reviews
from freehold.production.review import pages as review_pages
from freehold.projects import api as projects
from freehold.projects import pages as project_pages
from freehold.reports import api as reports
from freehold.reports import schedule_api as schedules
from freehold.reports import schedule_pages
from freehold.reports.export import api as exports
from freehold.reports.export import pages as export_pages
from freehold.reports.pages import history as report_history
from freehold.reports.pages import one as report_page
from freehold.usage import api as usage
from freehold.usage import explain_api
from freehold.usage import reporting_api as reporting
from freehold.usage.pages import drivers as usage_drivers
from freehold.usage.pages import export as usage_export
from freehold.usage.pages import metered as metered_pages
from freehold.usage.pages import one_request as request_page
from freehold.usage.pages import requests as request_pages
from freehold.usage.pages import tail as request_tail
from freehold.usage.pages import usage as usage_pages
from freehold.web import guards
from freehold.web.openapi import Operation
from freehold.web.statics import serve_static
from freehold.webhooks import advance_api as advance
from freehold.webhooks import (
    advance_pages,
    check_pages,
    delivery_pages,
    endpoint_pages,
    event_type_pages,
    inbox_pages,
    inbox_receiving,
    message_api,
    message_pages,
    metrics_pages,
    replay_pages,
)
from freehold.webhooks import api as webhooks
from freehold.webhooks import check_api as checks
from freehold.webhooks import inbox_api as inbox
from freehold.webhooks import metrics_api as webhook_metrics
from freehold.webhooks import replay_api as replays

Handler = Callable[..., Any]
ORGANIZATION: Final = "/v1/organizations/{organization_id:str}"
# An organization's pages.
TEAM: Final = "/organizations/{organization_id:str}"
CATALOGUE: Final = "/v1/apis/{api:str}"
PROJECT: Final = "/v1/projects/{project_id:str}"
KEY: Final = "/v1/keys/{key_id:str}"
ALERT: Final = "/v1/alerts/{alert_id:str}"
ACCESS_REQUEST: Final = "/v1/access_requests/{access_request_id:str}"
FORWARDING: Final = "/v1/forwardings/{forwarding_id:str}"
SCHEDULE: Final = "/v1/report_schedules/{schedule_id:str}"
FIRING: Final = "/v1/firings/{firing_id:str}"
WEBHOOK: Final = "/v1/webhooks/{endpoint_id:str}"

# One line a route: how it is registered, its address, its handler and its tag.
API: Final[tuple[tuple[Any, str, Handler, str], ...]] = (
    (post, "/v1/setup", organizations.set_up, "Setup"),
    (post, "/v1/session", organizations.begin_session, "Accounts"),
    (delete, "/v1/session", organizations.end_session, "Accounts"),
    (get, "/v1/me", organizations.read_me, "Accounts"),
    (get, "/v1/tokens", token_api.list_tokens, "Accounts"),
    (post, "/v1/tokens", token_api.create_token, "Accounts"),
    (delete, "/v1/tokens/{token_id:str}", token_api.revoke_token, "Accounts"),
    (get, "/v1/kept", kept.list_retentions, "Instance"),
    (get, "/v1/kept/{kind:str}/preview", kept.preview_retention, "Instance"),
    (put, "/v1/kept/{kind:str}", kept.set_retention, "Instance"),
    (get, "/v1/people/{person:str}/deletion", people.read_person_deletion, "Accounts"),
    (post, "/v1/people/{person:str}/delete", people.delete_person, "Accounts"),
    (get, "/v1/organizations", organizations.list_organizations, "Organizations"),
    (post, "/v1/organizations", organizations.create_organization, "Organizations"),
    (get, ORGANIZATION, organizations.read_organization, "Organizations"),
    (patch, ORGANIZATION, organizations.edit_organization, "Organizations"),
    (get, f"{ORGANIZATION}/deletion", leaving.read_organization_deletion, "Organizations"),
    (post, f"{ORGANIZATION}/delete", leaving.delete_organization, "Organizations"),
    (post, f"{ORGANIZATION}/restore", leaving.restore_organization, "Organizations"),
    (get, f"{ORGANIZATION}/members", member_api.list_members, "Organizations"),
    (patch, f"{ORGANIZATION}/members/{{user_id:str}}", member_api.change_role, "Organizations"),
    (delete, f"{ORGANIZATION}/members/{{user_id:str}}", member_api.remove_member, "Organizations"),
    (get, f"{ORGANIZATION}/invitations", member_api.list_invitations, "Organizations"),
    (post, f"{ORGANIZATION}/invitations", member_api.invite, "Organizations"),
    (delete, f"{ORGANIZATION}/invitations/{{invitation_id:str}}", member_api.withdraw_invitation, "Organizations"),
    (post, "/v1/invitations/accept", member_api.accept_invitation, "Organizations"),
    (get, f"{ORGANIZATION}/audit", audit_entry_api.list_audit_entries, "Organizations"),
    (get, f"{ORGANIZATION}/audit/proof", audit_api.read_audit_proof, "Organizations"),
    (post, f"{ORGANIZATION}/audit/proof", audit_api.check_audit_proof, "Organizations"),
    (get, "/v1/audit", audit_entry_api.list_instance_audit_entries, "Organizations"),
    (get, "/v1/audit/proof", audit_api.read_instance_audit_proof, "Organizations"),
    (post, "/v1/audit/proof", audit_api.check_instance_audit_proof, "Organizations"),
    (get, f"{ORGANIZATION}/forwardings", forwarding.list_forwardings, "Forwarding"),
    (post, f"{ORGANIZATION}/forwardings", forwarding.create_forwarding, "Forwarding"),
    (get, "/v1/forwardings", forwarding.list_instance_forwardings, "Forwarding"),
    (post, "/v1/forwardings", forwarding.create_instance_forwarding, "Forwarding"),
    (get, FORWARDING, forwarding.read_forwarding, "Forwarding"),
    (patch, FORWARDING, forwarding.edit_forwarding, "Forwarding"),
    (delete, FORWARDING, forwarding.delete_forwarding, "Forwarding"),
    (post, f"{FORWARDING}/pause", forwarding.pause_forwarding, "Forwarding"),
    (post, f"{FORWARDING}/resume", forwarding.resume_forwarding, "Forwarding"),
    (post, f"{FORWARDING}/test", forwarding.send_test_entry, "Forwarding"),
    (post, f"{FORWARDING}/rotate_secret", forwarding.rotate_forwarding_secret, "Forwarding"),
    (get, "/v1/apis", apis.list_apis, "APIs"),
    (post, "/v1/apis", apis.create_api, "APIs"),
    (get, CATALOGUE, apis.read_api, "APIs"),
    (patch, CATALOGUE, apis.edit_api, "APIs"),
    (get, f"{CATALOGUE}/openapi", apis.read_openapi, "APIs"),
    (put, f"{CATALOGUE}/openapi", apis.import_openapi, "APIs"),
    (get, f"{CATALOGUE}/endpoints", apis.list_endpoints, "APIs"),
    (get, f"{CATALOGUE}/event_types", apis.list_event_types, "APIs"),
    (get, f"{CATALOGUE}/event_types/{{event_type:str}}", apis.read_event_type, "APIs"),
    (get, f"{ORGANIZATION}/projects", projects.list_projects, "Projects"),
    (post, f"{ORGANIZATION}/projects", projects.create_project, "Projects"),
    (get, PROJECT, projects.read_project, "Projects"),
    (patch, PROJECT, projects.edit_project, "Projects"),
    (post, f"{PROJECT}/archive", projects.archive_project, "Projects"),
    (post, f"{PROJECT}/restore", projects.restore_project, "Projects"),
    (get, f"{PROJECT}/bindings", bindings_api.read_bindings, "Production"),
    (put, f"{PROJECT}/bindings", bindings_api.give_bindings, "Production"),
    (post, f"{PROJECT}/clone", clone_api.clone_project, "Production"),
    (get, f"{PROJECT}/drift", drift_api.read_drift, "Production"),
    (post, f"{PROJECT}/drift/promote", drift_api.promote_drift, "Production"),
    (post, f"{PROJECT}/drift/revert", drift_api.revert_drift, "Production"),
    (post, f"{PROJECT}/drift/accept", drift_api.accept_drift, "Production"),
    (get, f"{PROJECT}/scope", overview.read_scope, "Projects"),
    (put, f"{PROJECT}/scope", projects.set_scope, "Projects"),
    (get, f"{PROJECT}/keys", keys.list_keys, "Keys"),
    (post, f"{PROJECT}/keys", keys.issue_key, "Keys"),
    (get, f"{PROJECT}/declared_keys", keys.list_declared_keys, "Keys"),
    (delete, "/v1/declared_keys/{declared_key_id:str}", keys.undeclare_key, "Keys"),
    (get, KEY, keys.read_key, "Keys"),
    (patch, KEY, keys.edit_key, "Keys"),
    (post, f"{KEY}/revoke", keys.revoke_key, "Keys"),
    (post, f"{KEY}/rotate", rotation.rotate_key, "Keys"),
    (patch, f"{KEY}/secrets/{{version:str}}", rotation.change_overlap, "Keys"),
    (post, f"{KEY}/secrets/{{version:str}}/retire", rotation.retire_secret, "Keys"),
    (get, f"{PROJECT}/webhooks", webhooks.list_webhooks, "Webhooks"),
    (post, f"{PROJECT}/webhooks", webhooks.create_webhook, "Webhooks"),
    (get, WEBHOOK, webhooks.read_webhook, "Webhooks"),
    (patch, WEBHOOK, webhooks.edit_webhook, "Webhooks"),
    (delete, WEBHOOK, webhooks.delete_webhook, "Webhooks"),
    (post, f"{WEBHOOK}/pause", webhooks.pause_webhook, "Webhooks"),
    (post, f"{WEBHOOK}/resume", webhooks.resume_webhook, "Webhooks"),
    (post, f"{WEBHOOK}/rotate_secret", webhooks.rotate_webhook_secret, "Webhooks"),
    (post, f"{WEBHOOK}/test", webhooks.send_test_event, "Webhooks"),
    (post, f"{WEBHOOK}/check", checks.check_webhook, "Webhooks"),
    (post, f"{WEBHOOK}/advance", advance.advance_webhook, "Webhooks"),
    (get, f"{WEBHOOK}/checks", checks.list_webhook_checks, "Webhooks"),
    (get, "/v1/webhook_checks/{check_id:str}", checks.read_webhook_check, "Webhooks"),
    (get, f"{WEBHOOK}/deliveries", message_api.list_deliveries, "Webhooks"),
    (get, "/v1/deliveries/{delivery_id:str}", message_api.read_delivery, "Webhooks"),
    (get, "/v1/attempts/{attempt_id:str}", message_api.read_attempt, "Webhooks"),
    (post, "/v1/deliveries/{delivery_id:str}/replay", replays.replay_delivery, "Webhooks"),
    (get, f"{WEBHOOK}/metrics", webhook_metrics.read_webhook_metrics, "Webhooks"),
    (get, f"{WEBHOOK}/replays", replays.list_replays, "Webhooks"),
    (post, f"{WEBHOOK}/replays", replays.start_replay, "Webhooks"),
    (post, f"{WEBHOOK}/recover", replays.recover_webhook, "Webhooks"),
    (get, "/v1/replays/{replay_id:str}", replays.read_replay, "Webhooks"),
    (post, "/v1/replays/{replay_id:str}/cancel", replays.cancel_replay, "Webhooks"),
    (get, f"{PROJECT}/inbox", inbox.read_inbox, "Webhooks"),
    (put, f"{PROJECT}/inbox", inbox.set_inbox, "Webhooks"),
    (get, f"{PROJECT}/inbox/requests", inbox.list_inbox_requests, "Webhooks"),
    (delete, f"{PROJECT}/inbox/requests", inbox.clear_inbox, "Webhooks"),
    (get, f"{PROJECT}/messages", message_api.list_messages, "Webhooks"),
    (post, f"{PROJECT}/messages", message_api.publish_message, "Webhooks"),
    (get, "/v1/messages/{message_id:str}", message_api.read_message, "Webhooks"),
    (get, f"{PROJECT}/alerts", alerts.list_alerts, "Alerts"),
    (post, f"{PROJECT}/alerts", alerts.create_alert, "Alerts"),
    (get, ALERT, alerts.read_alert, "Alerts"),
    (patch, ALERT, alerts.edit_alert, "Alerts"),
    (delete, ALERT, alerts.delete_alert, "Alerts"),
    (post, f"{ALERT}/test", alerts.send_test_alert, "Alerts"),
    (get, f"{ALERT}/firings", alerts.list_alert_firings, "Alerts"),
    (get, f"{PROJECT}/firings", alerts.list_firings, "Alerts"),
    (get, FIRING, alerts.read_firing, "Alerts"),
    (post, f"{FIRING}/acknowledge", alerts.acknowledge_firing, "Alerts"),
    (get, f"{PROJECT}/alert_channels", alerts.list_alert_channels, "Alerts"),
    (post, f"{PROJECT}/alert_channels", alerts.create_alert_channel, "Alerts"),
    (delete, "/v1/alert_channels/{channel_id:str}", alerts.delete_alert_channel, "Alerts"),
    (get, f"{PROJECT}/shape", shapes.read_shape, "Shapes"),
    (put, f"{PROJECT}/shape", shapes.set_shape, "Shapes"),
    (post, f"{PROJECT}/shape/plan", shapes.plan_shape, "Shapes"),
    (post, f"{PROJECT}/shape/restore", shapes.restore_shape, "Shapes"),
    (get, f"{PROJECT}/shape/history", shapes.list_shape_revisions, "Shapes"),
    (get, f"{PROJECT}/shape/history/{{number:str}}", shapes.read_shape_revision, "Shapes"),
    (get, f"{PROJECT}/readiness", readiness.read_project_readiness, "Readiness"),
    (get, f"{PROJECT}/attestations", readiness.list_attestations, "Readiness"),
    (post, f"{PROJECT}/attestations", readiness.create_attestation, "Readiness"),
    (post, "/v1/attestations/{attestation_id:str}/withdraw", readiness.withdraw_attestation, "Readiness"),
    (post, f"{PROJECT}/readiness/run", readiness.run_readiness_check, "Readiness"),
    (get, f"{PROJECT}/readiness/results", readiness.list_readiness_results, "Readiness"),
    (get, f"{PROJECT}/key_acceptances", readiness.list_key_acceptances, "Readiness"),
    (post, f"{PROJECT}/key_acceptances", readiness.create_key_acceptance, "Readiness"),
    (post, "/v1/key_acceptances/{acceptance_id:str}/withdraw", readiness.withdraw_key_acceptance, "Readiness"),
    (get, f"{CATALOGUE}/readiness_policy", policy_api.read_readiness_policy, "Readiness"),
    (put, f"{CATALOGUE}/readiness_policy", policy_api.set_readiness_policy, "Readiness"),
    (get, f"{CATALOGUE}/readiness_checks", policy_api.list_readiness_checks, "Readiness"),
    (post, f"{CATALOGUE}/readiness_checks", policy_api.create_readiness_check, "Readiness"),
    (patch, "/v1/readiness_checks/{own_check_id:str}", policy_api.edit_readiness_check, "Readiness"),
    (delete, "/v1/readiness_checks/{own_check_id:str}", policy_api.remove_readiness_check, "Readiness"),
    (post, f"{PROJECT}/access_requests", reviews.request_access, "Production"),
    (get, f"{PROJECT}/access_requests", reviews.list_project_access_requests, "Production"),
    (get, "/v1/access_requests", reviews.list_access_requests, "Production"),
    (get, ACCESS_REQUEST, reviews.read_access_request, "Production"),
    (post, f"{ACCESS_REQUEST}/comments", reviews.comment_on_access_request, "Production"),
    (post, f"{ACCESS_REQUEST}/answer", reviews.answer_access_request, "Production"),
    (post, f"{ACCESS_REQUEST}/ask_for_changes", reviews.ask_for_changes, "Production"),
    (post, f"{ACCESS_REQUEST}/approve", reviews.approve_access_request, "Production"),
    (post, f"{ACCESS_REQUEST}/deny", reviews.deny_access_request, "Production"),
    (post, f"{ACCESS_REQUEST}/withdraw", reviews.withdraw_access_request, "Production"),
    (get, "/v1/price_lists", prices.list_price_lists, "Prices"),
    (post, "/v1/price_lists", prices.create_price_list, "Prices"),
    (post, "/v1/price_lists/preview", prices.preview_price_list, "Prices"),
    (get, "/v1/price_lists/{price_list_id:str}", prices.read_price_list, "Prices"),
    (post, "/v1/price_lists/{price_list_id:str}/withdraw", prices.withdraw_price_list, "Prices"),
    (get, f"{ORGANIZATION}/price_lists", prices.list_organization_price_lists, "Prices"),
    (get, f"{PROJECT}/reports", reports.list_reports, "Reports"),
    (post, f"{PROJECT}/reports", reports.create_report, "Reports"),
    (get, f"{ORGANIZATION}/reports", reports.list_organization_reports, "Reports"),
    (post, f"{ORGANIZATION}/reports", reports.create_organization_report, "Reports"),
    (get, f"{ORGANIZATION}/export", exports.read_export, "Reports"),
    (post, f"{ORGANIZATION}/export", exports.ask_for_export, "Reports"),
    (get, "/v1/reports/{report_id:str}", reports.read_report, "Reports"),
    (get, "/v1/reports/{report_id:str}/file", reports.download_report, "Reports"),
    (get, "/v1/reports/{report_id:str}/manifest", reports.read_report_manifest, "Reports"),
    (post, "/v1/reports/{report_id:str}/cancel", reports.cancel_report, "Reports"),
    (get, f"{PROJECT}/report_schedules", schedules.list_report_schedules, "Reports"),
    (post, f"{PROJECT}/report_schedules", schedules.create_report_schedule, "Reports"),
    (get, f"{ORGANIZATION}/report_schedules", schedules.list_organization_report_schedules, "Reports"),
    (post, f"{ORGANIZATION}/report_schedules", schedules.create_organization_report_schedule, "Reports"),
    (get, "/v1/report_schedules/preview", schedules.preview_report_schedule, "Reports"),
    (get, SCHEDULE, schedules.read_report_schedule, "Reports"),
    (patch, SCHEDULE, schedules.edit_report_schedule, "Reports"),
    (delete, SCHEDULE, schedules.delete_report_schedule, "Reports"),
    (post, f"{SCHEDULE}/pause", schedules.pause_report_schedule, "Reports"),
    (post, f"{SCHEDULE}/resume", schedules.resume_report_schedule, "Reports"),
    (post, f"{SCHEDULE}/run", schedules.run_report_schedule, "Reports"),
    (get, f"{PROJECT}/usage", usage.read_usage, "Usage"),
    (get, f"{PROJECT}/requests", usage.list_requests, "Usage"),
    (get, "/v1/requests/{request_id:str}", usage.read_request, "Usage"),
    (get, f"{ORGANIZATION}/usage", usage.read_organization_usage, "Usage"),
    (post, "/v1/requests/{request_id:str}/cost", reporting.report_cost, "Usage"),
    (get, f"{PROJECT}/metered_events", reporting.list_metered_events, "Usage"),
    (post, f"{PROJECT}/metered_events", reporting.meter_usage, "Usage"),
    (get, "/v1/usage/reconciliation", reporting.read_reconciliation, "Usage"),
    (post, "/v1/usage/reconcile", reporting.reconcile_usage, "Usage"),
    (get, "/v1/usage", usage.read_instance_usage, "Usage"),
    (post, "/v1/explain", explain_api.explain_call, "Usage"),
)

# These answer 200: they change something that is there, and make nothing.
_ANSWERS_200: Final = frozenset(
    {
        people.delete_person, leaving.delete_organization, leaving.restore_organization, projects.archive_project, projects.restore_project, keys.revoke_key, rotation.rotate_key, rotation.retire_secret,
        explain_api.explain_call, checks.check_webhook, advance.advance_webhook,
        webhooks.pause_webhook, webhooks.resume_webhook, webhooks.rotate_webhook_secret, webhooks.send_test_event,
        forwarding.pause_forwarding, forwarding.resume_forwarding, forwarding.send_test_entry, forwarding.rotate_forwarding_secret,
        schedules.pause_report_schedule, schedules.resume_report_schedule,
        replays.cancel_replay, reports.cancel_report, audit_api.check_audit_proof, audit_api.check_instance_audit_proof, alerts.acknowledge_firing, readiness.withdraw_attestation,
        clone_api.clone_project, drift_api.promote_drift, drift_api.revert_drift, drift_api.accept_drift,
        reviews.answer_access_request, reviews.ask_for_changes,
        reviews.approve_access_request, reviews.deny_access_request, reviews.withdraw_access_request,
        prices.preview_price_list, prices.withdraw_price_list, readiness.withdraw_key_acceptance, shapes.plan_shape, shapes.restore_shape,
    }
)  # fmt: skip
# These answer 202: they accept what is done afterwards.
_ANSWERS_202: Final = frozenset(
    {
        message_api.publish_message,
        replays.replay_delivery,
        replays.start_replay,
        replays.recover_webhook,
        reports.create_report,
        reports.create_organization_report,
        exports.ask_for_export,
        schedules.run_report_schedule,
        alerts.send_test_alert,
        readiness.run_readiness_check,
    }
)
_STATUS: Final = {get: 200, put: 200, patch: 200, post: 201, delete: 204}


HERE: Final = "/projects/{project_id:str}"

# One line a page: how it is registered, its address and its handler.
PAGES: Final[tuple[tuple[Any, str, Handler], ...]] = (
    (get, "/", account_pages.home),
    (get, "/setup", account_pages.show_setup),
    (post, "/setup", account_pages.set_up),
    (get, "/sign-in", account_pages.show_sign_in),
    (post, "/sign-in", account_pages.sign_in),
    (post, "/sign-out", account_pages.sign_out),
    (get, "/invitation", account_pages.show_invitation),
    (post, "/invitation", account_pages.accept_invitation),
    (get, "/account", account_pages.show_account),
    (post, "/account/password", account_pages.change_password),
    (post, "/account/sign-out-everywhere", account_pages.sign_out_everywhere),
    (post, "/account/sessions/{session_id:str}/end", account_pages.end_session),
    (get, "/kept", kept_pages.show_kept),
    (post, "/kept/person", kept_pages.find_person),
    (get, "/kept/{kind:str}", kept_pages.show_kind),
    (post, "/kept/{kind:str}", kept_pages.set_retention),
    (get, f"{TEAM}/delete", leaving_pages.show_organization_deletion),
    (post, f"{TEAM}/delete", leaving_pages.delete_organization),
    (post, f"{TEAM}/restore", leaving_pages.restore_organization),
    (get, "/people/{person:str}/delete", people_pages.show_person_deletion),
    (post, "/people/{person:str}/delete", people_pages.delete_person),
    (get, "/organizations/new", organization_pages.show_new_organization),
    (post, "/organizations/new", organization_pages.create_organization),
    (get, "/usage", usage_drivers.show_instance_usage),
    (get, f"{TEAM}/usage", usage_drivers.show_organization_usage),
    (get, f"{TEAM}/settings", organization_pages.show_organization),
    (post, f"{TEAM}/settings", organization_pages.rename_organization),
    (get, f"{TEAM}/members", member_pages.show_members),
    (post, f"{TEAM}/members/invite", member_pages.invite),
    (post, f"{TEAM}/members/{{user_id:str}}/role", member_pages.change_role),
    (post, f"{TEAM}/members/{{user_id:str}}/remove", member_pages.remove_member),
    (post, f"{TEAM}/invitations/{{invitation_id:str}}/withdraw", member_pages.withdraw_invitation),
    (get, f"{TEAM}/tokens", token_pages.show_tokens),
    (post, f"{TEAM}/tokens/own", token_pages.create_own_token),
    (post, f"{TEAM}/tokens/service", token_pages.create_service_token),
    (post, f"{TEAM}/tokens/{{token_id:str}}/revoke", token_pages.revoke_token),
    (get, f"{TEAM}/prices", price_pages.show_organization_prices),
    (get, "/prices", price_pages.show_prices),
    (get, "/prices/new", price_pages.show_new_price_list),
    (post, "/prices/new", price_pages.create_price_list),
    (get, "/prices/{price_list_id:str}", price_pages.show_price_list),
    (post, "/prices/{price_list_id:str}/withdraw", price_pages.withdraw_price_list),
    (get, f"{TEAM}/reports/schedules", schedule_pages.show_organization_schedules),
    (get, f"{TEAM}/reports/schedules/new", schedule_pages.show_new_organization_schedule),
    (post, f"{TEAM}/reports/schedules/new", schedule_pages.create_organization_schedule),
    (get, f"{TEAM}/reports/schedules/{{schedule_id:str}}", schedule_pages.show_organization_schedule),
    (post, f"{TEAM}/reports/schedules/{{schedule_id:str}}", schedule_pages.edit_organization_schedule),
    (post, f"{TEAM}/reports/schedules/{{schedule_id:str}}/pause", schedule_pages.pause_organization_schedule),
    (post, f"{TEAM}/reports/schedules/{{schedule_id:str}}/resume", schedule_pages.resume_organization_schedule),
    (post, f"{TEAM}/reports/schedules/{{schedule_id:str}}/run", schedule_pages.run_organization_schedule),
    (post, f"{TEAM}/reports/schedules/{{schedule_id:str}}/delete", schedule_pages.delete_organization_schedule),
    (get, f"{TEAM}/reports", report_history.show_reports),
    (post, f"{TEAM}/reports", report_history.create_report),
    (get, f"{TEAM}/reports/live", report_history.live_reports),
    (get, f"{TEAM}/reports/{{report_id:str}}", report_page.show_report),
    (get, f"{TEAM}/reports/{{report_id:str}}/live", report_page.live_report),
    (get, f"{TEAM}/reports/{{report_id:str}}/file", report_page.download_report),
    (get, f"{TEAM}/reports/{{report_id:str}}/preview", report_page.preview_report),
    (post, f"{TEAM}/reports/{{report_id:str}}/cancel", report_page.cancel_report),
    (get, f"{TEAM}/export", export_pages.show_export),
    (post, f"{TEAM}/export", export_pages.ask_for_export),
    (get, f"{TEAM}/export/live", export_pages.live_export),
    (get, f"{TEAM}/audit", audit_pages.show_audit),
    (get, f"{TEAM}/audit/proof", audit_pages.show_audit_proof),
    (get, "/audit/proof", audit_pages.show_instance_audit_proof),
    (get, f"{TEAM}/audit/forwarding", forwarding_pages.show_forwardings),
    (post, f"{TEAM}/audit/forwarding", forwarding_pages.create_forwarding),
    (get, f"{TEAM}/audit/forwarding/{{forwarding_id:str}}", forwarding_page.show_forwarding),
    (post, f"{TEAM}/audit/forwarding/{{forwarding_id:str}}", forwarding_page.edit_forwarding),
    (post, f"{TEAM}/audit/forwarding/{{forwarding_id:str}}/{{act:str}}", forwarding_page.act_on_forwarding),
    (get, "/audit", audit_pages.show_instance_audit),
    (get, "/audit/forwarding", forwarding_pages.show_instance_forwardings),
    (post, "/audit/forwarding", forwarding_pages.create_instance_forwarding),
    (get, "/audit/forwarding/{forwarding_id:str}", forwarding_page.show_instance_forwarding),
    (post, "/audit/forwarding/{forwarding_id:str}", forwarding_page.edit_instance_forwarding),
    (post, "/audit/forwarding/{forwarding_id:str}/{act:str}", forwarding_page.act_on_instance_forwarding),
    (get, "/apis", api_pages.list_apis),
    (get, "/apis/new", api_pages.show_new_api),
    (post, "/apis/new", api_pages.create_api),
    (get, "/apis/{api:str}", api_pages.show_api),
    (post, "/apis/{api:str}", api_pages.edit_api),
    (post, "/apis/{api:str}/openapi", api_pages.import_openapi),
    (post, "/apis/{api:str}/fail_open", api_pages.fail_open),
    (post, "/apis/{api:str}/fail_closed", api_pages.fail_closed),
    (get, "/apis/{api:str}/readiness", policy_pages.show_policy),
    (post, "/apis/{api:str}/readiness", policy_pages.save_policy),
    (get, "/apis/{api:str}/readiness/checks/new", policy_pages.show_new_check),
    (post, "/apis/{api:str}/readiness/checks/new", policy_pages.create_check),
    (get, "/apis/{api:str}/readiness/checks/{own_check_id:str}", policy_pages.show_check),
    (post, "/apis/{api:str}/readiness/checks/{own_check_id:str}", policy_pages.edit_check),
    (post, "/apis/{api:str}/readiness/checks/{own_check_id:str}/remove", policy_pages.remove_check),
    (get, "/organizations/{organization_id:str}/projects", projects_pages.show_projects),
    (get, "/organizations/{organization_id:str}/projects/new", project_pages.show_new_project),
    (post, "/organizations/{organization_id:str}/projects/new", project_pages.create_project),
    (get, HERE, overview_pages.show_overview),
    (get, f"{HERE}/scope", scope_pages.show_scope),
    (post, f"{HERE}/scope", scope_pages.save_scope),
    (get, f"{HERE}/bindings", bindings_pages.show_bindings),
    (post, f"{HERE}/bindings", bindings_pages.give_bindings),
    (get, f"{HERE}/clone", clone_pages.show_clone),
    (post, f"{HERE}/clone", clone_pages.clone_project),
    (get, f"{HERE}/shape/file", history_pages.download_shape),
    (get, f"{HERE}/history", history_pages.show_history),
    (get, f"{HERE}/history/{{number:str}}", history_pages.show_revision),
    (post, f"{HERE}/history/{{number:str}}/restore", history_pages.restore_revision),
    (get, f"{HERE}/drift", drift_pages.show_drift),
    (get, f"{HERE}/drift/plan", drift_pages.show_plan),
    (post, f"{HERE}/drift/promote", drift_pages.promote),
    (post, f"{HERE}/drift/revert", drift_pages.revert),
    (post, f"{HERE}/drift/accept", drift_pages.accept),
    (post, f"{HERE}/drift/withdraw", drift_pages.withdraw),
    (get, f"{HERE}/settings", project_pages.show_settings),
    (post, f"{HERE}/settings", project_pages.save_labels),
    (post, f"{HERE}/settings/owners", project_pages.save_owners),
    (post, f"{HERE}/settings/limits", project_pages.save_limits),
    (post, f"{HERE}/archive", project_pages.archive_project),
    (post, f"{HERE}/lock", project_pages.lock_project),
    (post, f"{HERE}/unlock", project_pages.unlock_project),
    (post, f"{HERE}/restore", project_pages.restore_project),
    (get, f"{HERE}/production", access_pages.show_production),
    (post, f"{HERE}/production", access_pages.request_access),
    (post, f"{HERE}/production/answer", access_pages.answer),
    (post, f"{HERE}/production/comment", access_pages.comment),
    (post, f"{HERE}/production/withdraw", access_pages.withdraw),
    (get, "/access_requests", review_pages.show_queue),
    (get, "/access_requests/{access_request_id:str}", review_pages.show_review),
    (post, "/access_requests/{access_request_id:str}/approve", review_pages.approve),
    (post, "/access_requests/{access_request_id:str}/deny", review_pages.deny),
    (post, "/access_requests/{access_request_id:str}/ask_for_changes", review_pages.ask_for_changes),
    (post, "/access_requests/{access_request_id:str}/comment", review_pages.comment),
    (post, f"{HERE}/keys/declared/{{declared_key_id:str}}/withdraw", key_table.withdraw_declared),
    (get, f"{HERE}/keys", key_table.show_keys),
    (get, f"{HERE}/keys/new", key_issuing.show_new_key),
    (post, f"{HERE}/keys/new", key_issuing.issue_key),
    (get, f"{HERE}/keys/{{key_id:str}}", key_page.show_key),
    (post, f"{HERE}/keys/{{key_id:str}}", key_page.edit_key),
    (post, f"{HERE}/keys/{{key_id:str}}/revoke", key_page.revoke_key),
    (post, f"{HERE}/keys/{{key_id:str}}/rotate", key_rotating.rotate_key),
    (post, f"{HERE}/keys/{{key_id:str}}/secrets/{{version:str}}", key_rotating.change_overlap),
    (post, f"{HERE}/keys/{{key_id:str}}/secrets/{{version:str}}/retire", key_rotating.retire_secret),
    (get, f"{HERE}/keys/{{key_id:str}}/live", key_issuing.live_key),
    (get, f"{HERE}/usage", usage_pages.show_usage),
    (get, f"{HERE}/metered_events", metered_pages.show_metered),
    (get, f"{HERE}/usage/export.csv", usage_export.export_usage),
    (get, f"{HERE}/requests", request_pages.show_requests),
    (get, f"{HERE}/requests/live", request_tail.live_requests),
    (get, f"{HERE}/requests/export.csv", usage_export.export_requests),
    (get, f"{HERE}/requests/{{request_id:str}}", request_page.show_request),
    (get, f"{HERE}/webhooks", endpoint_pages.show_webhooks),
    (get, f"{HERE}/webhooks/new", endpoint_pages.show_new_webhook),
    (post, f"{HERE}/webhooks/new", endpoint_pages.create_webhook),
    (get, f"{HERE}/webhooks/{{endpoint_id:str}}", endpoint_pages.show_webhook),
    (post, f"{HERE}/webhooks/{{endpoint_id:str}}", endpoint_pages.edit_webhook),
    (post, f"{HERE}/webhooks/{{endpoint_id:str}}/test", endpoint_pages.send_test_event),
    (get, f"{HERE}/webhooks/{{endpoint_id:str}}/check", check_pages.show_check),
    (post, f"{HERE}/webhooks/{{endpoint_id:str}}/check", check_pages.run_check),
    (get, f"{HERE}/webhooks/{{endpoint_id:str}}/check/live", check_pages.live_check),
    (get, f"{HERE}/webhooks/{{endpoint_id:str}}/clock", advance_pages.show_clock),
    (post, f"{HERE}/webhooks/{{endpoint_id:str}}/clock", advance_pages.advance_clock),
    (post, f"{HERE}/webhooks/{{endpoint_id:str}}/pause", endpoint_pages.pause_webhook),
    (post, f"{HERE}/webhooks/{{endpoint_id:str}}/resume", endpoint_pages.resume_webhook),
    (post, f"{HERE}/webhooks/{{endpoint_id:str}}/rotate", endpoint_pages.rotate_webhook_secret),
    (post, f"{HERE}/webhooks/{{endpoint_id:str}}/delete", endpoint_pages.delete_webhook),
    (get, f"{HERE}/webhooks/{{endpoint_id:str}}/metrics", metrics_pages.show_metrics),
    (get, f"{HERE}/webhooks/{{endpoint_id:str}}/replays", replay_pages.show_replays),
    (post, f"{HERE}/webhooks/{{endpoint_id:str}}/replays", replay_pages.start_replay),
    (post, f"{HERE}/webhooks/{{endpoint_id:str}}/recover", replay_pages.recover),
    (get, f"{HERE}/replays/{{replay_id:str}}", replay_pages.show_replay),
    (get, f"{HERE}/replays/{{replay_id:str}}/live", replay_pages.live_replay),
    (post, f"{HERE}/replays/{{replay_id:str}}/cancel", replay_pages.cancel_replay),
    (get, f"{HERE}/deliveries/{{delivery_id:str}}", delivery_pages.show_delivery),
    (post, f"{HERE}/deliveries/{{delivery_id:str}}/replay", delivery_pages.replay_delivery),
    (get, f"{HERE}/deliveries/{{delivery_id:str}}/live", delivery_pages.live_delivery),
    (get, f"{HERE}/event_types", event_type_pages.show_event_types),
    (get, f"{HERE}/event_types/{{event_type:str}}", event_type_pages.show_event_type),
    (post, f"{HERE}/event_types/{{event_type:str}}/send", event_type_pages.send_example),
    (get, f"{HERE}/messages", message_pages.show_messages),
    (get, f"{HERE}/messages/{{message_id:str}}", message_pages.show_message),
    (get, f"{HERE}/reports", report_history.show_reports),
    (post, f"{HERE}/reports", report_history.create_report),
    (get, f"{HERE}/reports/live", report_history.live_reports),
    (get, f"{HERE}/reports/schedules", schedule_pages.show_schedules),
    (get, f"{HERE}/reports/schedules/new", schedule_pages.show_new_schedule),
    (post, f"{HERE}/reports/schedules/new", schedule_pages.create_schedule),
    (get, f"{HERE}/reports/schedules/{{schedule_id:str}}", schedule_pages.show_schedule),
    (post, f"{HERE}/reports/schedules/{{schedule_id:str}}", schedule_pages.edit_schedule),
    (post, f"{HERE}/reports/schedules/{{schedule_id:str}}/pause", schedule_pages.pause_schedule),
    (post, f"{HERE}/reports/schedules/{{schedule_id:str}}/resume", schedule_pages.resume_schedule),
    (post, f"{HERE}/reports/schedules/{{schedule_id:str}}/run", schedule_pages.run_schedule),
    (post, f"{HERE}/reports/schedules/{{schedule_id:str}}/delete", schedule_pages.delete_schedule),
    (get, f"{HERE}/reports/{{report_id:str}}", report_page.show_report),
    (get, f"{HERE}/reports/{{report_id:str}}/live", report_page.live_report),
    (get, f"{HERE}/reports/{{report_id:str}}/file", report_page.download_report),
    (get, f"{HERE}/reports/{{report_id:str}}/preview", report_page.preview_report),
    (post, f"{HERE}/reports/{{report_id:str}}/cancel", report_page.cancel_report),
    (get, f"{HERE}/alerts", alert_pages.show_alerts),
    (get, f"{HERE}/alerts/new", rule_pages.show_new_rule),
    (post, f"{HERE}/alerts/new", rule_pages.create_rule),
    (post, f"{HERE}/alerts/channels", alert_pages.add_channel),
    (post, f"{HERE}/alerts/channels/{{channel_id:str}}/delete", alert_pages.remove_channel),
    (get, f"{HERE}/alerts/firings/{{firing_id:str}}", alert_pages.show_firing),
    (post, f"{HERE}/alerts/firings/{{firing_id:str}}/acknowledge", alert_pages.acknowledge_firing),
    (get, f"{HERE}/alerts/{{rule_id:str}}", rule_pages.show_rule),
    (post, f"{HERE}/alerts/{{rule_id:str}}", rule_pages.edit_rule),
    (post, f"{HERE}/alerts/{{rule_id:str}}/mute", rule_pages.mute_rule),
    (post, f"{HERE}/alerts/{{rule_id:str}}/test", rule_pages.send_test),
    (post, f"{HERE}/alerts/{{rule_id:str}}/delete", rule_pages.delete_rule),
    (get, f"{HERE}/readiness", readiness_pages.show_readiness),
    (post, f"{HERE}/readiness/attest", readiness_pages.attest),
    (post, f"{HERE}/readiness/attestations/{{attestation_id:str}}/withdraw", readiness_pages.withdraw_attestation),
    (post, f"{HERE}/readiness/run", readiness_pages.run),
    (post, f"{HERE}/readiness/accept", readiness_pages.accept),
    (post, f"{HERE}/readiness/acceptances/{{acceptance_id:str}}/withdraw", readiness_pages.withdraw_acceptance),
    (get, f"{HERE}/inbox", inbox_pages.show_inbox),
    (post, f"{HERE}/inbox", inbox_pages.save_inbox),
    (post, f"{HERE}/inbox/clear", inbox_pages.clear_inbox),
    (get, f"{HERE}/inbox/live", inbox_pages.live_inbox),
    # Not a page, and nobody signs in to it: what a project's inbox is sent.
    (post, "/inbox/{address:str}", inbox_receiving.receive_webhook),
    (get, "/static/{path:path}", serve_static),
)


def page_handlers() -> list[HTTPRouteHandler]:
    """The dashboard's routes, as the framework takes them."""
    return [
        decorator(
            path,
            include_in_schema=False,
            status_code=200,
            # By its address: one handler may stand on those of a project and of an organization.
            name=f"{decorator.__name__} {path}",
        )(handler if iscoroutinefunction(handler) else _in_thread(handler))
        for decorator, path, handler in PAGES
    ]


def api_handlers() -> list[HTTPRouteHandler]:
    """The API's routes, as the framework takes them."""
    return [_handler(*route) for route in API]


def api_operations() -> list[Operation]:
    """The API's routes, as its OpenAPI document takes them."""
    return [
        Operation(decorator.__name__, path, handler, tag, _status(decorator, handler))
        for decorator, path, handler, tag in API
    ]


def _status(decorator: Any, handler: Handler) -> int:
    if handler in _ANSWERS_200:
        return 200
    return 202 if handler in _ANSWERS_202 else _STATUS[decorator]


def _handler(decorator: Any, path: str, handler: Handler, _tag: str) -> HTTPRouteHandler:
    made: HTTPRouteHandler = decorator(
        path, include_in_schema=False, name=f"{handler.__module__}.{handler.__name__}",
        opt=guards.options_of(handler, path), status_code=_status(decorator, handler),
        guards=[guards.refuse_unknown_query, guards.refuse_other_media_types],
    )(_in_thread(handler))  # fmt: skip
    return made


def _in_thread(handler: Handler) -> Handler:
    """A handler that runs in a thread, whatever it does there.

    The framework's own `sync_to_thread` wraps a handler again each time another method of its path is
    registered, and then takes the inner coroutine for the answer.
    """

    @wraps(handler)
    async def run(**arguments: Any) -> Any:
        return await sync_to_thread(handler, **arguments)

    return run
