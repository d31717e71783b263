from . import crm_lead, repair_order
