# The mixin comes first: a model can only inherit what is there already.
from . import funnel_report_mixin

# isort: split
from . import (
    funnel_chain_report,
    funnel_check_report,
    funnel_cohort_report,
    funnel_list_report,
    funnel_loss_report,
    funnel_refusal_report,
    funnel_reminder_report,
    funnel_stage_report,
)
