{
    "name": "Sales Funnel: Manufacturing",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "summary": "Cards of funnels follow their manufacturing orders",
    "author": "Sales Funnel Maintainers",
    "license": "LGPL-3",
    "depends": ["sales_funnel_addon", "mrp"],
    "data": [
        "data/funnel_work_state_data.xml",
        "views/crm_lead_views.xml",
        "views/mrp_production_views.xml",
    ],
    "auto_install": True,
    "installable": True,
    "post_init_hook": "post_init_hook",
}
