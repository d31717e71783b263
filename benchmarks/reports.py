"""Reports over a million moves: the dashboard, and each report against the SQL one would write by hand for its table.

A head of sales and one of twenty salespeople look at two years of 250,000 leads. The same table is asked for in the way
the pivot of the report asks for it, and in SQL written by hand: with the same names in the same order and months in the
same time zone, but without a thought of rights, languages and filters. The dashboard is loaded with all that it shows,
for the last month, the last year and for all times.
"""

from datetime import date, timedelta

from odoo.tests import new_test_user

from .history import History

LEADS = 250_000
SALESPEOPLE = 20
SAMPLES, WARM_UPS = 5, 2
#: The report: how its pivot groups and measures, and the same table by hand.
REPORTS = {
    "stages: conversion and time": (
        "funnel.stage.report",
        ["team_id", "stage_id"],
        ["__count", "went_on_count:sum", "lost_count:sum", "went_on_share:avg", "hours_in_stage:avg"],
        """SELECT team.id, team.name, stage.id, stage.name, count(*),
                  count(*) FILTER (WHERE outcome IN ('forward', 'won')), count(*) FILTER (WHERE outcome = 'lost'),
                  avg((outcome IN ('forward', 'won'))::int::float),
                  avg(EXTRACT(EPOCH FROM left_date - date) / 3600)
             FROM funnel_move LEFT JOIN crm_team AS team ON team.id = to_team_id
             LEFT JOIN crm_stage AS stage ON stage.id = to_stage_id
            WHERE outcome IS NOT NULL GROUP BY team.id, stage.id ORDER BY team.sequence, stage.sequence""",
    ),
    "losses by reason": (
        "funnel.loss.report",
        ["category", "lost_reason_id"],
        ["__count", "amount:sum"],
        """SELECT reason.category, reason.id, reason.name, count(*), sum(lead.expected_revenue)
             FROM funnel_move AS move JOIN crm_lead AS lead ON lead.id = move.lead_id
             JOIN crm_lost_reason AS reason ON reason.id = CASE
                  WHEN lead.won_status = 'lost' AND move.left_date IS NULL THEN lead.lost_reason_id
                  ELSE move.lost_reason_id END
            WHERE move.kind = 'lost' GROUP BY reason.id ORDER BY reason.category, reason.sequence, reason.name""",
    ),
    "cohorts by month and source": (
        "funnel.cohort.report",
        ["date:month", "source_id"],
        ["__count", "junk_share:avg", "refusal_count:sum", "won_count:sum", "won_amount:sum"],
        """SELECT date_trunc('month', timezone('Europe/Moscow', timezone('UTC', lead.create_date))) AS month,
                  source.id, source.name, count(*), avg((won_status = 'lost' AND reason.category = 'junk')::int),
                  count(*) FILTER (WHERE won_status = 'lost' AND reason.category != 'junk'),
                  count(*) FILTER (WHERE won_status = 'won'),
                  sum(expected_revenue) FILTER (WHERE won_status = 'won')
             FROM crm_lead AS lead LEFT JOIN crm_lost_reason AS reason ON reason.id = lead.lost_reason_id
             LEFT JOIN utm_source AS source ON source.id = lead.source_id
            WHERE first_funnel_id IS NOT NULL GROUP BY month, source.id ORDER BY month, source.name""",
    ),
    "reminders by person": (
        "funnel.reminder.report",
        ["user_id"],
        ["told_count:sum", "open_count:sum"],
        """SELECT person.id, partner.name, count(*) FILTER (WHERE told.state IN ('sent', 'pending')),
                  count(*) FILTER (WHERE timer.escalated)
             FROM funnel_delivery AS told LEFT JOIN funnel_timer AS timer ON timer.id = told.timer_id
             LEFT JOIN res_users AS person ON person.id = told.user_id
             LEFT JOIN res_partner AS partner ON partner.id = person.partner_id
            GROUP BY person.id, partner.name ORDER BY partner.name""",
    ),
    "refusals by person": (
        "funnel.refusal.report",
        ["user_id", "cause_id"],
        ["refusal_count:sum", "returned_count:sum"],
        """SELECT person.id, partner.name, cause.id, cause.name, count(*),
                  count(*) FILTER (WHERE review.state = 'returned')
             FROM funnel_refusal AS review LEFT JOIN res_users AS person ON person.id = review.user_id
             LEFT JOIN res_partner AS partner ON partner.id = person.partner_id
             LEFT JOIN funnel_refusal_cause AS cause ON cause.id = review.cause_id
            WHERE closing IS DISTINCT FROM 'junk'
            GROUP BY person.id, partner.name, cause.id ORDER BY partner.name, cause.name""",
    ),
}


def ask(model, groupby, aggregates):
    """Return an operation that asks for the table as the pivot of the report does."""
    return lambda env: env[model].formatted_read_grouping_sets([], [groupby], aggregates)


def by_hand(query):
    """Return an operation that asks for the table in SQL."""

    def operation(env):
        env.cr.execute(query)
        env.cr.fetchall()

    return operation


def look(**filters):
    """Return an operation that loads the dashboard."""
    return lambda env: env["funnel.dashboard"].get_figures(filters)


def run(bench):
    """Measure and hold against the budgets; see the head of this module."""
    with bench.environment() as env:
        people = [new_test_user(env, f"bench_{n}", "sales_team.group_sale_salesman") for n in range(SALESPEOPLE)]
        head = new_test_user(env, "bench_head", "sales_team.group_sale_salesman_all_leads")
        head_id, own_id = head.id, people[0].id
        history = History(env, [user.id for user in people])
        moves = history.make(LEADS)
        team_id = history.deals.id
        print(f"{LEADS} leads have made {moves} moves.", flush=True)
    with bench.registry.cursor() as cr:
        cr._cnx.autocommit = True
        cr.execute("VACUUM ANALYZE")
    options = {"samples": SAMPLES, "warm_ups": WARM_UPS}
    worst = 0
    for what, (model, groupby, aggregates, query) in REPORTS.items():
        stock, ours = bench.compare(what, head_id, by_hand(query), ask(model, groupby, aggregates), **options)
        worst = max(worst, ours.median / stock.median)
    bench.add_budget("reports_ratio", worst, 1.5)
    month, year = (
        {"date_from": str(date.today() - timedelta(days=days - 1)), "date_to": str(date.today())} for days in (30, 365)
    )
    for what, user_id, filters in (
        ("dashboard of the head, 30 days", head_id, month),
        ("dashboard of the head, 30 days, one funnel", head_id, {**month, "team_id": team_id}),
        ("dashboard of the head, one year", head_id, year),
        ("dashboard of the head, all times", head_id, {}),
        ("dashboard of a salesperson, 30 days", own_id, month),
        ("dashboard of a salesperson, all times", own_id, {}),
    ):
        [measure] = bench.measure(user_id, look(**filters), **options)
        bench.add_row(what, None, measure)
        bench.explain_one(what, user_id, look(**filters))
        bench.add_budget(what.replace(",", "").replace(" ", "_"), measure.median, 1)
