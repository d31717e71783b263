# The dialog on which others are built comes first.
from . import funnel_leads_dialog

# isort: split
from . import (
    crm_lead_lost,
    crm_lead_to_opportunity,
    crm_merge_opportunities,
    funnel_approval_refusal,
    funnel_call_back,
    funnel_deferral,
    funnel_handover,
    funnel_list_move,
    funnel_list_state,
    funnel_mass_move,
    funnel_override,
    funnel_quotation,
    funnel_refusal_verdict,
)
