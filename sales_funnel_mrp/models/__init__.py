from . import crm_lead, mrp_production
