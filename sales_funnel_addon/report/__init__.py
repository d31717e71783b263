from . import funnel_refusal_report
