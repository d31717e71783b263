from . import funnel_chain_report, funnel_check_report, funnel_list_report, funnel_refusal_report
