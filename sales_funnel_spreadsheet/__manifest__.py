{
    "name": "Sales Funnel: Dashboards",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "summary": "The figures of funnels as a spreadsheet in the app Dashboards",
    "author": "Sales Funnel Maintainers",
    "license": "LGPL-3",
    "depends": ["sales_funnel_addon", "spreadsheet_dashboard"],
    "data": ["data/spreadsheet_dashboard_data.xml"],
    "auto_install": True,
    "installable": True,
}
