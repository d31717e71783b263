"""What the addon adds to a stock operation is a number of queries that does not grow with the number of leads."""

from odoo.exceptions import ValidationError
from odoo.fields import Command

from .common import FunnelCase

FEW, MANY = 2, 100


class TestBatchCost(FunnelCase):
    """Every operation runs on leads of a funnel full of rules and on leads of a stock team, few and many of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_rules()
        cls.stock = cls.env["crm.team"].create({"name": "Stock", "use_leads": True})
        cls.env["crm.stage"].create(
            [
                {"name": name, "sequence": sequence, "is_won": name == "Done", "team_ids": [Command.link(cls.stock.id)]}
                for sequence, name in enumerate(("Estimate", "Measurement", "Contract", "Done"), 1)
            ]
        )
        cls.stock_reason = cls.env["crm.lost.reason"].create({"name": "Stock price"})

    @classmethod
    def set_up_rules(cls):
        """Put every kind of rule on the way of a deal, so that a loop over any of them would be seen."""
        cls.estimate.is_irreversible = True
        cls.demand(cls.estimate, "source_id", moment="leave")
        cls.demand(cls.measurement, "city", "phone")
        cls.demand(cls.measurement, "email_from", "street", any_field=True)
        cls.demand(cls.measurement, "contact_name", applies_to="[('expected_revenue', '>', 100)]")
        cls.demand_condition(cls.measurement, "[('order_ids', '=', False)]", "There is an order already")
        cls.demand_condition(cls.contract, "[('user_id.active', '=', True)]", "Nobody is responsible")
        cls.demand_kind(cls.measurement, "attachments", applies_to="[('expected_revenue', '<', 0)]")
        cls.demand_kind(cls.measurement, "activity", applies_to="[('expected_revenue', '<', 0)]")
        cls.demand_kind(cls.measurement, "contacts", moment="leave", applies_to="[('expected_revenue', '<', 0)]")
        cls.set_up_tasks()
        cls.demand(cls.qualified, "contact_name", moment="leave")
        cls.price.comment_required = True
        cls.price.required_field_ids = cls.env["ir.model.fields"]._get("crm.lead", "city")

    @classmethod
    def set_up_tasks(cls):
        """Give the stage that the deals enter ten tasks of all kinds, and the first stage a way and a task."""
        lawyer = cls.make_role("Lawyer", cls.head)
        cls.make_task(cls.estimate, "Optional", mandatory=False)
        cls.make_task(cls.estimate, "By itself", done_condition="[('city', '=', 'Perm')]")
        cls.make_way(cls.estimate, cls.measurement, condition="[('city', '!=', False)]", message="Where is it?")
        cls.make_way(cls.estimate, cls.contract)
        cls.make_way(cls.estimate, cls.done, role_ids=[Command.link(cls.make_role("Seller", cls.salesperson).id)])
        cls.make_task(cls.measurement, "Some", applies_to="[('expected_revenue', '>', 100)]", mandatory=False)
        cls.make_task(cls.measurement, "At once", deadline_anchor="entry", mandatory=False)
        cls.make_task(cls.measurement, "Of a role", role_id=lawyer.id, mandatory=False)
        cls.make_approval(cls.measurement, lawyer, mandatory=False)
        for number in range(6):
            cls.make_task(cls.measurement, f"Step {number}", mandatory=False)

    # ------------------------------------------------------------
    # MEASURING
    # ------------------------------------------------------------

    def assert_nothing_per_lead(self, operation, funnel, **context):
        """Assert that what ``operation(leads, team)`` in ``funnel`` adds to the stock operation does not grow."""
        for team in (funnel, self.stock):  # warm caches, and statistics of won and lost leads for every team
            self.queries(operation, team, FEW, context)
        self.assert_constant(lambda count: self.added_queries(operation, funnel, count, context))

    def assert_refusal_is_constant(self, operation):
        """Assert that a refused ``operation(leads, team)`` takes no more queries for many deals than for few."""
        context = {"tracking_disable": True}
        self.queries(operation, self.deals, FEW, context)
        self.assert_constant(lambda count: self.queries(operation, self.deals, count, context))

    def assert_constant(self, measure):
        few, many = measure(FEW), measure(MANY)
        per_lead = (many - few) / (MANY - FEW)
        # a query for the whole batch more or less is stock Odoo's own: what it happens to have in memory varies
        self.assertLess(per_lead, 0.05, f"{few} queries for {FEW} leads, {many} for {MANY}")

    def added_queries(self, operation, funnel, count, context):
        """Return how many queries more ``operation`` takes for ``count`` leads of the funnel than of the stock team."""
        return self.queries(operation, funnel, count, context) - self.queries(operation, self.stock, count, context)

    def queries(self, operation, team, count, context):
        """Return the number of queries of ``operation`` on leads of ``team`` when no record is in memory."""
        leads = self.make_complete_leads(team, count).with_context(**context)
        self.finish()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        operation(leads, team)
        self.finish()
        return self.env.cr.sql_log_count - before

    def finish(self):
        """Do what a commit does first; the messages about tracked changes are made only there."""
        self.env.flush_all()
        self.env.cr.precommit.run()

    def make_complete_leads(self, team, count):
        """Create leads that have what the rules ask for, and return them as the salesperson sees them."""
        leads = self.env["crm.lead"].with_context(tracking_disable=True).create(self.prepare_leads(team, count))
        return leads.with_context(tracking_disable=False).with_user(self.salesperson)

    def prepare_leads(self, team, count, **values):
        return [
            {
                "name": f"Lead {number}",
                "team_id": team.id,
                "type": "lead" if team == self.leads else "opportunity",
                "user_id": self.salesperson.id,
                "source_id": self.env.ref("sales_funnel_addon.source_website").id,
                "city": "Perm",
                "street": "Lenina 1",
                "phone": "+7 912 345-67-89",
                "contact_name": "Ivan",
                "expected_revenue": 1000,
                **values,
            }
            for number in range(count)
        ]

    def reason_of(self, team):
        return self.stock_reason if team == self.stock else self.price

    # ------------------------------------------------------------
    # OPERATIONS
    # ------------------------------------------------------------

    def move(self, leads, team):
        leads.write({"stage_id": self.stage(team, "Measurement").id})

    def jump(self, leads, team):
        leads.write({"stage_id": self.stage(team, "Contract").id})

    def win(self, leads, team):
        leads.action_set_won()

    def lose(self, leads, team):
        leads.action_set_lost(lost_reason_id=self.reason_of(team).id, lost_comment="Twice our price")

    def create_anew(self, leads, team):
        leads.create(self.prepare_leads(team, len(leads)))

    def convert(self, leads, team):
        leads.convert_opportunity(self.env["res.partner"])

    # ------------------------------------------------------------
    # TESTS
    # ------------------------------------------------------------

    def test_move(self):
        self.assert_nothing_per_lead(self.move, self.deals, tracking_disable=True)

    def test_move_with_tracking(self):
        self.assert_nothing_per_lead(self.move, self.deals)

    def test_move_over_several_stages(self):
        self.assert_nothing_per_lead(self.jump, self.deals, tracking_disable=True)

    def test_win(self):
        self.assert_nothing_per_lead(self.win, self.deals, tracking_disable=True)

    def test_win_what_is_handed_over(self):
        """Beyond the creation of the cards, which stock Odoo pays for as well."""
        production = self.make_funnel("Production", "followup", ["Cutting", "Ready!"])
        chosen = self.make_funnel("Warranty", "followup", ["Claim", "Solved!"])

        def win_and_hand_over(leads, team):
            if team == self.stock:
                self.win(leads, team)
                leads.sudo().create(self.prepare_leads(team, len(leads), user_id=False))
            else:
                leads.write({"stage_id": self.done.id, "funnel_handover_team_id": production.id})
                self.assertEqual(len(leads.sudo().funnel_card_ids), len(leads))

        self.deals.handoff_team_ids = production + chosen
        self.assert_nothing_per_lead(win_and_hand_over, self.deals, tracking_disable=True)

    def test_chains_on_forms(self):
        self.deals.handoff_team_ids = self.make_funnel("Production", "followup", ["Cutting", "Ready!"])

        def read_chains(count):
            leads = self.make_complete_leads(self.deals, count)
            leads.action_set_won()
            self.finish()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertTrue(all(len(lead.funnel_chain) == 2 for lead in leads))
            self.assertFalse(any(leads.mapped("funnel_can_hand_over")))
            return self.env.cr.sql_log_count - before

        read_chains(FEW)
        self.assert_constant(read_chains)

    def test_the_check_before_a_move(self):
        """At most six queries, with something of everything missing, when the rules and labels are in memory."""
        deal = self.make_complete_leads(self.deals, 1)
        self.make_task(self.estimate, "Mandatory")
        approval = self.make_approval(self.estimate, self.make_role("Finance", self.head), "Debts")
        self.demand(self.measurement, "website")
        self.task_of(deal, approval).action_request()
        deal.funnel_check_move(self.measurement.id)
        self.finish()
        self.env.invalidate_all()
        self.assertTrue(deal.env.user.company_ids and deal.env.user.name)  # every request reads its user
        self.assertFalse(deal.sudo().order_ids)  # what a condition looks at is read for the condition
        self.assertTrue(deal.name)
        before = self.env.cr.sql_log_count
        verdict = deal.funnel_check_move(self.measurement.id)
        self.assertEqual(verdict["status"], "needs_approval")
        self.assertTrue(verdict["tasks"] and verdict["approvals"] and verdict["missing_fields"])
        self.assertLessEqual(self.env.cr.sql_log_count - before, 6)

    def test_loss(self):
        self.assert_nothing_per_lead(self.lose, self.deals, tracking_disable=True)

    def test_loss_with_tracking(self):
        self.assert_nothing_per_lead(self.lose, self.deals)

    def test_reopening(self):
        def lose_and_reopen(leads, team):
            self.lose(leads, team)
            leads.action_unarchive()

        self.assert_nothing_per_lead(lose_and_reopen, self.deals, tracking_disable=True)

    def test_refusals_in_a_sample_that_turn_out_to_be_junk(self):
        junk = self.make_reason("Spam", self.deals, category="junk")
        self.deals.refusal_check_percent = 50

        def lose_and_recategorize(leads, team):
            self.lose(leads, team)
            leads.write({"lost_reason_id": self.stock_reason.id if team == self.stock else junk.id})

        self.assert_nothing_per_lead(lose_and_recategorize, self.deals, tracking_disable=True)

    def test_verdicts_on_refusals(self):
        cause = self.env["funnel.refusal.cause"].create({"name": "Late"})

        def lose_and_verify(leads, team):
            self.lose(leads, team)
            leads.with_user(self.manager).funnel_refusal_ids.action_verify(cause.id)

        self.assert_nothing_per_lead(lose_and_verify, self.deals, tracking_disable=True)

    def test_create(self):
        self.assert_nothing_per_lead(self.create_anew, self.deals, tracking_disable=True)

    def test_conversion(self):
        self.assert_nothing_per_lead(self.convert, self.leads, tracking_disable=True)

    def test_refused_move(self):
        def move_what_is_empty(leads, team):
            leads.write({"city": False, "phone": False, "street": False, "contact_name": False})
            with self.assertRaises(ValidationError) as caught:
                self.move(leads, team)
            self.assertEqual(str(caught.exception).count("Fill in: City, Phone"), len(leads))

        self.assert_refusal_is_constant(move_what_is_empty)

    def test_refused_emptying(self):
        def empty_what_the_stage_demands(leads, team):
            self.move(leads, team)
            if team == self.stock:
                return leads.write({"city": False})
            with self.assertRaises(ValidationError) as caught:
                leads.write({"city": False})
            self.assertEqual(str(caught.exception).count("The stage of this lead requires it"), len(leads))

        self.assert_nothing_per_lead(empty_what_the_stage_demands, self.deals, tracking_disable=True)

    def test_refused_loss(self):
        def lose_without_a_comment(leads, team):
            with self.assertRaises(ValidationError) as caught:
                leads.action_set_lost(lost_reason_id=self.price.id)
            self.assertEqual(str(caught.exception).count("needs a comment"), len(leads))

        self.assert_refusal_is_constant(lose_without_a_comment)

    def test_reaching_a_stage_with_ten_tasks_and_leaving_it(self):
        def go_and_come_back(leads, team):
            for stage in ("Measurement", "Estimate", "Measurement"):
                leads.write({"stage_id": self.stage(team, stage).id})
            if team != self.stock:
                self.assertEqual({lead.funnel_task_count for lead in leads}, {10})

        self.assert_nothing_per_lead(go_and_come_back, self.deals, tracking_disable=True)

    def test_a_task_with_an_activity(self):
        call = self.env.ref("mail.mail_activity_data_call")
        self.make_task(self.measurement, "Call", activity_type_id=call.id, mandatory=False)
        self.assert_nothing_per_lead(self.move, self.deals, tracking_disable=True)

    def test_an_approval_that_is_asked_for_at_once(self):
        self.make_approval(self.measurement, self.make_role("Finance", self.head), request_on_entry=True)
        self.assert_nothing_per_lead(self.move, self.deals, tracking_disable=True)

    def test_changing_what_decides_about_tasks(self):
        def change_hands_and_revenue(leads, team):
            leads.write({"user_id": self.head.id, "expected_revenue": 5})

        self.assert_nothing_per_lead(change_hands_and_revenue, self.deals, tracking_disable=True)

    def test_activities_that_follow_a_date(self):
        date = self.env["ir.model.fields"]._get("crm.lead", "date_deadline")
        call = self.env.ref("mail.mail_activity_data_call")
        for again in (True, False):
            self.make_task(
                self.estimate,
                mandatory=False,
                activity_type_id=call.id,
                deadline_anchor="field",
                deadline_field_id=date.id,
                repeats_with_date=again,
            )

        def change_date(leads, team):
            leads.write({"date_deadline": "2026-03-10"})
            leads.write({"date_deadline": "2026-04-10"})

        self.assert_nothing_per_lead(change_date, self.deals, tracking_disable=True)

    def test_visits(self):
        """One date for all: events are made, moved, archived and deleted together."""
        engineer = self.make_role("Engineer", self.manager)
        self.deals.visit_role_id = engineer

        def plan_move_and_lose(leads, team):
            leads.write({"measurement_date": "2030-03-10 10:00:00", "probability": 30})
            leads.write({"measurement_state": "confirmed"})
            leads.write({"measurement_date": "2030-04-10 10:00:00", "city": "Omsk"})
            leads = leads.with_user(self.head)
            leads.write({"user_id": self.head.id})
            if team != self.stock:
                self.assertEqual(len(leads.sudo().measurement_event_id), len(leads))
            leads.with_context(active_test=False).write({"active": False})
            leads.write({"active": True})
            leads.write({"measurement_date": False})

        self.assert_nothing_per_lead(plan_move_and_lose, self.deals, tracking_disable=True)

    def test_a_new_salesperson_joins_many_chats(self):
        """What it costs beside Odoo's own way to add members to channels."""
        self.deals.chat_role_ids = self.make_role("Engineer", self.manager)
        self.deals.visit_role_id = self.deals.chat_role_ids

        def join(count):
            leads = self.make_complete_leads(self.deals, count).sudo().with_context(tracking_disable=True)
            for lead, channel in zip(leads, self.make_chats(count), strict=True):
                lead._link_chat(channel)
            joined = self.count_queries(lambda: leads.write({"user_id": self.head.id}))
            self.assertEqual(
                {self.head in chat.channel_member_ids.partner_id.user_ids for chat in leads.chat_channel_id}, {True}
            )
            members = [
                {"channel_id": channel.id, "partner_id": partner.id}
                for channel in self.make_chats(count)
                for partner in (self.head + self.manager).partner_id
            ]
            return joined - self.count_queries(lambda: self.env["discuss.channel.member"].create(members))

        join(FEW)
        self.assert_constant(join)

    def make_chats(self, count):
        values = [{"name": f"Chat {number}", "channel_type": "group"} for number in range(count)]
        return self.env["discuss.channel"].sudo().create(values)

    def count_queries(self, work):
        self.finish()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        self.finish()
        return self.env.cr.sql_log_count - before

    def test_create_with_visits(self):
        self.deals.visit_role_id = self.make_role("Engineer", self.manager)

        def create_anew(leads, team):
            values = self.prepare_leads(team, len(leads), measurement_date="2030-03-10 10:00:00")
            leads.create(values)

        self.assert_nothing_per_lead(create_anew, self.deals, tracking_disable=True)

    def test_events_that_are_moved_in_the_calendar(self):
        self.deals.visit_role_id = self.make_role("Engineer", self.manager)

        def move_events(count):
            leads = self.make_complete_leads(self.deals, count)
            leads.write({"measurement_date": "2030-03-10 10:00:00"})
            events = leads.sudo().measurement_event_id.sudo(False)
            self.finish()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            events.with_context(no_mail_to_attendees=True, tracking_disable=True).write(
                {"start": "2030-04-10 10:00:00"}
            )
            self.finish()
            moved = self.env.cr.sql_log_count - before
            self.assertEqual(set(leads.mapped("measurement_date")), {events[0].start})
            return moved

        move_events(FEW)
        self.assert_constant(move_events)

    def test_doing_tasks(self):
        def tick(leads, team):
            if team != self.stock:
                leads.funnel_task_ids.filtered(lambda task: task.name == "Optional").action_do()

        self.assert_nothing_per_lead(tick, self.deals)

    def test_verdict_for_many(self):
        """The check alone, as the dialog *Override* asks for it: no more queries for a hundred leads than for two."""

        def judge(leads, team):
            stage = self.stage(team, "Measurement")
            leads._judge_moves({lead.id: lead._get_target_state(stage.id) for lead in leads})

        self.assert_nothing_per_lead(judge, self.deals)
