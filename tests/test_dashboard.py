"""The figures of the dashboard, against SQL written by hand, on a generated history of thousands of leads."""

from datetime import datetime

from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tests import new_test_user

from benchmarks.history import History

from .common import FunnelCase

LEADS = 5_000
NOW = datetime(2026, 3, 15, 12)

#: The log with what a reader of it sees at once: which moves bring a lead into a stage.
EVENTS = """
    CREATE TEMP TABLE event AS
    SELECT move.id, lead_id, kind, date, from_stage_id, to_stage_id, to_team_id, lost_reason_id, there.is_won,
           COALESCE(there.is_side_stage, FALSE) AS aside, there.sequence, kind != 'lost' AND (
               kind = 'reopened' OR (from_team_id, from_stage_id) IS DISTINCT FROM (to_team_id, to_stage_id)) AS enters
      FROM funnel_move AS move JOIN crm_stage AS there ON there.id = to_stage_id WHERE to_team_id IN %s;
    CREATE INDEX ON event (lead_id, date);
    ANALYZE event
"""
#: What became of them: the next thing that decides, whatever the addon says.
STAYS = """
    CREATE TEMP TABLE stay AS
    SELECT event.*, (
        SELECT min(later.date) FROM event AS later WHERE later.lead_id = event.lead_id AND later.date > event.date
           AND (later.enters OR later.kind = 'lost')) AS left_on, (
        SELECT CASE WHEN later.kind = 'lost' THEN 'lost' WHEN later.kind = 'deferred' THEN 'deferred'
                    WHEN later.kind IN ('won', 'converted', 'resumed') THEN 'on'
                    WHEN event.aside OR later.sequence > event.sequence THEN 'on' ELSE 'back' END
          FROM event AS later
         WHERE later.lead_id = event.lead_id AND later.date > event.date
           AND (later.kind IN ('lost', 'won', 'converted', 'resumed', 'deferred')
                OR later.enters AND NOT later.aside AND later.to_stage_id != event.to_stage_id)
         ORDER BY later.date LIMIT 1) AS verdict
      FROM event WHERE enters
"""


class TestDashboardFigures(FunnelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.oleg = new_test_user(cls.env, "dash_oleg", "sales_team.group_sale_salesman", name="Oleg")
        cls.history = History(cls.env, [cls.salesperson.id, cls.oleg.id], now=NOW)
        cls.moves = cls.history.make(LEADS)
        cls.teams = tuple((cls.history.leads | cls.history.deals | cls.history.later).ids)
        cls.env.cr.execute(EVENTS, [cls.teams])
        cls.env.cr.execute(STAYS)

    def get(self, user=None, **filters):
        return self.env["funnel.dashboard"].with_user(user or self.head).get_figures(filters)

    def sql(self, query, **params):
        """Return the rows of a query written by hand."""
        self.env.flush_all()
        everything = {"teams": self.teams, "start": datetime(1900, 1, 1), "end": datetime(2100, 1, 1), **params}
        self.env.cr.execute(query, everything)
        return self.env.cr.fetchall()

    def values(self, data, *names):
        return tuple(data["summary"][name]["value"] for name in names)

    def every_figure(self, data):
        """Return all figures on the dashboard."""
        if isinstance(data, dict):
            if "domain" in data:
                return [data]
            data = list(data.values())
        if isinstance(data, list):
            return [figure for part in data for figure in self.every_figure(part)]
        return []

    # ------------------------------------------------------------
    # AGAINST SQL
    # ------------------------------------------------------------

    def check_stages(self, data, team, where="TRUE", **params):
        rows = self.sql(
            f"""SELECT to_stage_id, count(*), count(*) FILTER (WHERE verdict = 'on' OR is_won),
                         count(*) FILTER (WHERE verdict = 'back' AND is_won IS NOT TRUE),
                         count(*) FILTER (WHERE verdict = 'lost' AND is_won IS NOT TRUE),
                         count(*) FILTER (WHERE verdict = 'deferred'),
                         round(avg(EXTRACT(EPOCH FROM left_on - date) / 3600)::numeric, 3)
                    FROM stay JOIN crm_lead AS lead ON lead.id = stay.lead_id
                   WHERE to_team_id = {team.id} AND date >= %(start)s AND date < %(end)s AND {where}
                   GROUP BY to_stage_id""",
            **params,
        )
        expected = {stage_id: [*counts, hours and float(hours)] for stage_id, *counts, hours in rows}
        [funnel] = [funnel for funnel in data["funnels"] if funnel["id"] == team.id]
        names = ("entered", "went_on", "back", "lost", "deferred")
        found = {
            stage["id"]: [*(stage[name]["value"] for name in names), stage["hours"] and round(stage["hours"], 3)]
            for stage in funnel["stages"]
            if stage["entered"]["value"]
        }
        self.assertEqual(
            {key: [value or None for value in line] for key, line in found.items()},
            {key: [value or None for value in line] for key, line in expected.items()},
        )
        self.assertGreater(len(found), 2, "the history is worth a test")
        for stage in funnel["stages"]:
            parts = ("went_on", "back", "lost", "deferred", "open")
            self.assertEqual(stage["entered"]["value"], sum(stage[name]["value"] for name in parts))

    def test_stages_of_all_times(self):
        data = self.get()
        for team in (self.history.leads, self.history.deals):
            self.check_stages(data, team)

    def test_stages_with_every_filter(self):
        source = self.history.sources[2]
        data = self.get(
            date_from="2025-06-01",
            date_to="2025-12-31",
            team_id=self.history.deals.id,
            user_id=self.oleg.id,
            source_id=source.id,
        )
        self.assertEqual([funnel["id"] for funnel in data["funnels"]], [self.history.deals.id])
        where = f"lead.user_id = {self.oleg.id} AND lead.source_id = {source.id}"
        bounds = {"start": datetime(2025, 6, 1), "end": datetime(2026, 1, 1)}
        self.check_stages(data, self.history.deals, where, **bounds)

    def test_days_are_those_of_the_reader(self):
        self.head.tz = "Asia/Vladivostok"  # ten hours ahead
        data = self.get(date_from="2025-06-01", date_to="2025-06-30")
        bounds = {"start": datetime(2025, 5, 31, 14), "end": datetime(2025, 6, 30, 14)}
        self.check_stages(data, self.history.leads, **bounds)

    def test_losses_and_junk(self):
        data = self.get(date_from="2025-06-01", date_to="2025-12-31")
        bounds = {"start": datetime(2025, 6, 1), "end": datetime(2026, 1, 1)}
        rows = self.sql(
            """SELECT reason.id, reason.category, count(*) FROM funnel_move AS move
                 JOIN crm_lost_reason AS reason ON reason.id = move.lost_reason_id
                WHERE kind = 'lost' AND date >= %(start)s AND date < %(end)s AND to_team_id IN %(teams)s
                GROUP BY 1, 2""",
            **bounds,
        )
        found = [(line["id"], line["category"], line["losses"]["value"]) for line in data["reasons"]]
        self.assertCountEqual(found, rows)
        totals = {
            kind: sum(count for _reason, category, count in rows if category == kind) for kind in ("refusal", "junk")
        }
        self.assertEqual(self.values(data, "refusals", "junk_losses"), (totals["refusal"], totals["junk"]))

    def test_leads_that_came_in(self):
        data = self.get(date_from="2025-06-01", date_to="2025-12-31")
        bounds = {"start": datetime(2025, 6, 1), "end": datetime(2026, 1, 1)}
        query = """
            SELECT {field}, count(*), count(*) FILTER (WHERE won_status = 'lost' AND category = 'junk'),
                   count(*) FILTER (WHERE won_status = 'lost' AND category = 'refusal'),
                   count(*) FILTER (WHERE type = 'opportunity'), count(*) FILTER (WHERE won_status = 'won')
              FROM crm_lead AS lead LEFT JOIN crm_lost_reason AS reason ON reason.id = lead.lost_reason_id
             WHERE lead.create_date >= %(start)s AND lead.create_date < %(end)s AND lead.team_id IN %(teams)s
             GROUP BY 1"""
        names = ("lead", "junk", "refusal", "converted", "won")
        rows = self.sql(query.format(field="lead.source_id"), **bounds)
        found = [(line["id"] or None, *(line[name]["value"] for name in names)) for line in data["sources"]]
        self.assertCountEqual(found, rows)
        [(_all, *counts)] = self.sql(query.format(field="1"), **bounds)
        self.assertEqual(list(self.values(data, *(f"cohort_{name}" for name in names))), counts)

    def test_lists(self):
        data = self.get(date_from="2025-06-01", date_to="2025-12-31")
        rows = self.sql(
            """SELECT funnel_list_id, count(*),
                      count(*) FILTER (WHERE type = 'opportunity' OR won_status = 'lost'),
                      count(*) FILTER (WHERE type = 'lead' AND won_status = 'lost' AND category = 'junk'),
                      count(*) FILTER (WHERE type = 'lead' AND won_status = 'lost' AND category = 'refusal'),
                      count(*) FILTER (WHERE type = 'opportunity')
                 FROM crm_lead AS lead LEFT JOIN crm_lost_reason AS reason ON reason.id = lead.lost_reason_id
                WHERE lead.create_date >= %(start)s AND lead.create_date < %(end)s AND lead.team_id IN %(teams)s
                  AND funnel_list_id IS NOT NULL GROUP BY 1""",
            start=datetime(2025, 6, 1),
            end=datetime(2026, 1, 1),
        )
        names = ("lead", "processed", "junk", "refused", "converted")
        found = [(line["id"], *(line[name]["value"] for name in names)) for line in data["lists"]]
        self.assertCountEqual(found, rows)
        self.assertTrue(all(all(row) for row in rows), "the history is worth a test")

    def test_the_lists_say_what_the_dashboard_says(self):
        for line in self.get()["lists"]:
            cold_list = self.env["funnel.list"].browse(line["id"])
            counts = [cold_list[f"{name}_count"] for name in ("lead", "processed", "junk", "refused", "converted")]
            shown = [line[name]["value"] for name in ("lead", "processed", "junk", "refused", "converted")]
            self.assertEqual(shown, counts)

    def test_won_and_standing(self):
        data = self.get(date_from="2025-06-01", date_to="2025-12-31")
        bounds = {"start": datetime(2025, 6, 1), "end": datetime(2026, 1, 1)}
        won = """SELECT count(*), sum(expected_revenue) FROM crm_lead WHERE won_status = 'won'
                    AND date_closed >= %(start)s AND date_closed < %(end)s AND team_id IN %(teams)s"""
        self.assertEqual([self.values(data, "won", "won_revenue")], self.sql(won, **bounds))
        standing = """SELECT stage_id, count(*), sum(expected_revenue) FROM crm_lead
                       WHERE active AND won_status = 'pending' AND team_id IN %(some)s GROUP BY 1"""
        both = self.history.leads | self.history.deals
        rows = self.sql(standing, some=tuple(both.ids))
        stages = [stage for funnel in data["funnels"] if funnel["id"] in both.ids for stage in funnel["stages"]]
        found = [(stage["id"], stage["now"]["value"], stage["revenue"]["value"]) for stage in stages]
        self.assertCountEqual([line for line in found if line[1]], rows)
        self.assertEqual(
            self.values(data, "standing", "standing_revenue"), tuple(map(sum, list(zip(*rows, strict=True))[1:]))
        )

    def test_deferred_by_month(self):
        data = self.get(team_id=self.history.deals.id)
        rows = self.sql(
            """SELECT date_trunc('month', deferral_date)::date::text, count(*), sum(expected_revenue) FROM crm_lead
                WHERE team_id = %(later)s AND active AND won_status = 'pending' GROUP BY 1 ORDER BY 1""",
            later=self.history.later.id,
        )
        found = [(line["id"], line["waiting"]["value"], line["revenue"]["value"]) for line in data["months"]]
        self.assertEqual(found, rows)
        self.assertGreater(len(rows), 3)

    def test_people(self):
        data = self.get(date_from="2025-06-01", date_to="2025-12-31")
        rows = self.sql(
            """SELECT users.id, (
                    SELECT count(*) FROM funnel_delivery AS told JOIN crm_lead AS lead ON lead.id = told.lead_id
                     WHERE told.user_id = users.id AND told.date >= %(start)s AND told.date < %(end)s), (
                    SELECT count(*) FROM funnel_delivery AS told JOIN funnel_timer AS timer ON timer.id = told.timer_id
                     WHERE told.user_id = users.id AND escalated AND told.date >= %(start)s AND told.date < %(end)s), (
                    SELECT count(DISTINCT lead.id) FROM crm_lead AS lead JOIN funnel_timer ON lead.id = lead_id
                     WHERE escalated AND won_status = 'pending' AND lead.user_id = users.id), (
                    SELECT count(*) FROM funnel_refusal AS review
                     WHERE review.user_id = users.id AND date >= %(start)s AND date < %(end)s), (
                    SELECT count(*) FROM funnel_refusal AS review WHERE state IN ('verified', 'returned')
                       AND review.user_id = users.id AND date >= %(start)s AND date < %(end)s), (
                    SELECT count(*) FROM funnel_refusal AS review
                     WHERE state = 'returned' AND review.user_id = users.id AND date >= %(start)s AND date < %(end)s)
                 FROM res_users AS users WHERE users.id IN %(people)s""",
            start=datetime(2025, 6, 1),
            end=datetime(2026, 1, 1),
            people=tuple((self.salesperson | self.oleg).ids),
        )
        names = ("told", "ignored", "overdue", "refusal", "checked", "returned")
        self.assertCountEqual([(line["id"], *(line[name]["value"] for name in names)) for line in data["people"]], rows)
        totals = [sum(column) for column in list(zip(*rows, strict=True))[1:]]
        told, _ignored, overdue, _refusal, checked, returned = totals
        self.assertEqual(
            self.values(data, "told", "overdue", "checked", "returned"), (told, overdue, checked, returned)
        )

    def test_blocked_checks(self):
        data = self.get(team_id=self.history.deals.id)
        stage = self.stage(self.history.deals, "Measurement")
        [(entered, blocked, amount)] = self.sql(
            """SELECT count(*), count(*) FILTER (WHERE reason.name->>'en_US' = 'Blocked'),
                        COALESCE(sum(expected_revenue) FILTER (WHERE reason.name->>'en_US' = 'Blocked'), 0)
                   FROM event JOIN crm_lead AS lead ON lead.id = lead_id
                   LEFT JOIN LATERAL (
                       SELECT kind, lost_reason_id FROM event AS ending WHERE ending.lead_id = event.lead_id
                          AND ending.date > event.date AND ending.kind IN ('lost', 'reopened')
                          AND ending.date < COALESCE((
                              SELECT min(date) FROM event AS later WHERE later.lead_id = event.lead_id
                                 AND later.date > event.date AND later.to_stage_id != event.to_stage_id), 'infinity')
                        ORDER BY ending.date DESC LIMIT 1) AS ending ON TRUE
                   LEFT JOIN crm_lost_reason AS reason ON reason.id = ending.lost_reason_id AND ending.kind = 'lost'
                  WHERE to_stage_id = %(stage)s AND from_stage_id != to_stage_id""",
            stage=stage.id,
        )
        [line] = data["checks"]
        self.assertEqual(
            (line["entered"]["value"], line["blocked"]["value"], line["amount"]["value"]), (entered, blocked, amount)
        )
        self.assertGreater(blocked, 0)

    # ------------------------------------------------------------
    # CLICKING THROUGH
    # ------------------------------------------------------------

    def test_every_figure_agrees_with_the_list_behind_it(self):
        for user, filters in (
            (self.head, {}),
            (self.salesperson, {"date_from": "2025-06-01"}),
            (self.head, {"team_id": self.history.deals.id, "user_id": self.oleg.id}),
        ):
            data = self.get(user, **filters)
            figures = self.every_figure(data)
            self.assertGreater(len(figures), 60)
            money = {
                id(figure)
                for figure in self.every_figure(
                    [
                        *(data["summary"][name] for name in data["summary"] if name.endswith(("revenue", "amount"))),
                        *(line["revenue"] for line in data["months"]),
                        *(line["amount"] for line in data["checks"]),
                        *(stage["revenue"] for funnel in data["funnels"] for stage in funnel["stages"]),
                    ]
                )
            }
            for figure in figures:
                Model = self.env[figure["model"]].with_user(user).with_context(active_test=False)
                if id(figure) not in money:
                    self.assertEqual(Model.search_count(figure["domain"]), figure["value"], figure["domain"])

    def test_what_is_overdue_is_found_as_it_is_shown(self):
        late, done, _nothing = self.make_leads(self.history.leads, 3)
        for lead in (late, done):
            lead.activity_schedule("mail.mail_activity_data_call", date_deadline=datetime(2026, 1, 5).date())
        done.activity_ids.active = False  # as activities are that are kept when they are done
        Lead = self.env["crm.lead"].with_user(self.head).with_context(active_test=False)
        everything = Domain("team_id", "in", self.teams)
        shown = Lead.search(everything).filtered("funnel_is_overdue")
        found = Lead.search(everything & Domain("funnel_is_overdue", "=", True))
        others = Lead.search(everything & Domain("funnel_is_overdue", "=", False))
        self.assertEqual(found, shown)
        self.assertEqual((found & others, found | others), (Lead, Lead.search(everything)))
        self.assertGreater(len(found), 10, "the history is worth a test")
        self.assertEqual([lead in found for lead in (late, done)], [True, False])

    # ------------------------------------------------------------
    # WHO SEES WHAT
    # ------------------------------------------------------------

    def test_a_salesperson_sees_own_figures(self):
        own, everybody = self.get(self.salesperson), self.get(user_id=self.salesperson.id)
        self.assertEqual(own["summary"]["won"]["value"], everybody["summary"]["won"]["value"])
        self.assertLess(own["summary"]["won"]["value"], self.get()["summary"]["won"]["value"])
        [mine] = [line for line in own["people"] if line["told"]["value"]]
        self.assertEqual(mine["id"], self.salesperson.id)

    def test_nobody_sees_the_leads_of_another_by_asking(self):
        data = self.get(self.salesperson, user_id=self.oleg.id)
        self.assertEqual({figure["value"] for figure in self.every_figure(data["summary"])}, {0})

    def test_whoever_has_no_part_in_sales_sees_nothing(self):
        clerk = new_test_user(self.env, "dash_clerk", "base.group_user")
        for method in ("get_figures", "get_options"):
            with self.assertRaises(AccessError):
                getattr(self.env["funnel.dashboard"].with_user(clerk), method)()

    def test_a_funnel_of_another_company_stays_unseen(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        theirs = self.make_funnel("Theirs", "deal", ["A", "B!"], company_id=company.id)
        self.make_leads(theirs, 3, company_id=company.id)
        data = self.get()
        self.assertNotIn(theirs.id, [funnel["id"] for funnel in data["funnels"]])
        self.assertNotIn(
            theirs.id, [team["id"] for team in self.env["funnel.dashboard"].with_user(self.head).get_options()["teams"]]
        )
        asked = self.get(team_id=theirs.id)
        self.assertEqual({figure["value"] for figure in self.every_figure(asked["summary"])}, {0})

    def test_filters_that_make_no_sense(self):
        for filters, message in (
            ({"date_from": "yesterday"}, "First day: “yesterday” is no day"),
            ({"date_from": "2026-02-01", "date_to": "2026-01-01"}, "ends before it begins"),
            ({"team_id": "1 OR 1=1"}, "is no id"),
        ):
            with self.assertRaisesRegex(UserError, message):
                self.get(**filters)
        with self.assertRaisesRegex(UserError, "there is no part “secrets”"):
            self.env["funnel.dashboard"].with_user(self.head).get_figures({}, ["secrets"])

    def test_the_parts_make_the_whole(self):
        Dashboard = self.env["funnel.dashboard"].with_user(self.head)
        lines, funnels = (Dashboard.get_figures({}, [part]) for part in ("lines", "funnels"))
        self.assertEqual(set(lines) & set(funnels), {"filters"})
        self.assertEqual({**lines, **funnels}, self.get())

    def test_what_the_filters_offer(self):
        Dashboard = self.env["funnel.dashboard"]
        offered = Dashboard.with_user(self.head).get_options()
        self.assertIn({"id": self.oleg.id, "name": "Oleg"}, offered["users"])
        self.assertIn(self.history.deals.id, [team["id"] for team in offered["teams"]])
        self.assertEqual(Dashboard.with_user(self.salesperson).get_options()["users"], [])

    # ------------------------------------------------------------
    # COST
    # ------------------------------------------------------------

    def count_queries(self):
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.get()
        return self.env.cr.sql_log_count - before

    def test_the_number_of_queries_does_not_grow(self):
        for _warming_up in range(2):
            self.count_queries()
        few = self.count_queries()
        other = self.make_funnel("Other", "deal", [f"Stage {number}" for number in range(10)])
        sources = self.env["utm.source"].create([{"name": f"New {number}"} for number in range(10)])
        for stage, source in zip(other.stage_ids, sources, strict=True):
            self.make_leads(other, stage_id=stage.id, source_id=source.id, user_id=self.head.id)
        for _warming_up in range(2):
            self.count_queries()
        self.assertEqual(self.count_queries(), few)
        self.assertLessEqual(few, 30)

    def test_reports_of_whoever_sees_everything_need_no_look_at_each_lead(self):
        Report = self.env["funnel.stage.report"]
        self.assertTrue(Report.with_user(self.head)._is_open_to_reader())
        self.assertFalse(Report.with_user(self.salesperson)._is_open_to_reader())
        closed = self.env["res.company"].create({"name": "Elsewhere"})
        self.assertFalse(Report.with_user(self.head)._is_open_to_reader())
        self.head.company_ids += closed
        both = Report.with_user(self.head).with_context(allowed_company_ids=(self.env.company | closed).ids)
        self.assertTrue(both._is_open_to_reader())
        self.env["ir.rule"].create(
            {
                "name": "Cheap",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "domain_force": "[('priority', '=', '0')]",
            }
        )
        self.assertFalse(both._is_open_to_reader())
