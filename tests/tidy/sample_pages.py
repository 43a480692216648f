"""Every page of the dashboard with invented data: what the template tests render and people look at."""

from tests.tidy.samples.alerts import alert_pages
from tests.tidy.samples.audit import audit_pages
from tests.tidy.samples.frame import Sample
from tests.tidy.samples.history import history_pages
from tests.tidy.samples.instance import instance_pages
from tests.tidy.samples.keeping import keeping_pages
from tests.tidy.samples.keys import key_pages
from tests.tidy.samples.organizations import organization_pages
from tests.tidy.samples.prices import price_pages
from tests.tidy.samples.projects import project_pages
from tests.tidy.samples.readiness import readiness_pages
from tests.tidy.samples.reports import report_pages
from tests.tidy.samples.reviews import review_pages
from tests.tidy.samples.schedules import schedule_pages
from tests.tidy.samples.siblings import sibling_pages
from tests.tidy.samples.usage import usage_pages
from tests.tidy.samples.webhook_checks import check_pages
from tests.tidy.samples.webhooks import webhook_pages

PAGES: dict[str, Sample] = {
    **project_pages(), **key_pages(), **usage_pages(), **webhook_pages(), **check_pages(), **alert_pages(), **readiness_pages(), **review_pages(), **sibling_pages(), **history_pages(), **report_pages(), **schedule_pages(), **price_pages(), **organization_pages(), **instance_pages(), **keeping_pages(), **audit_pages()
}  # fmt: skip
