from . import crm_lead_lost, crm_lead_to_opportunity, funnel_override
