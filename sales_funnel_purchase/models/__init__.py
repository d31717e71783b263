from . import crm_lead, purchase_order
