"""What the board tells of its cards: the same as the fields of the lead, and read together for all of them."""

from datetime import datetime, timedelta

from odoo.fields import Command
from odoo.tests import new_test_user

from odoo.addons.sales_funnel_addon.models.funnel_facts_mixin import BOARD_FACTS

from .common import FunnelCase


class BoardCase(FunnelCase):
    """Deals of a salesperson about which there is something to tell."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.estimate.write({"call_quota": 2, "message_quota": 1})
        cls.lawyer = new_test_user(cls.env, "sale_lawyer", "sales_team.group_sale_salesman", name="Lawyer")
        cls.role = cls.make_role("Finance", cls.lawyer)
        cls.make_task(cls.estimate, "Call", mandatory=False)
        cls.make_approval(cls.estimate, cls.role, request_on_entry=True)
        cls.make_months(cls.deals)

    def make_card(self, **values):
        """Make a deal with a done task, an attempt, a fired reminder and a returned refusal."""
        deal = self.make_deal(stage_id=self.estimate.id, **values)
        deal.funnel_task_ids.filtered(lambda task: task.kind != "approval").action_do()
        deal.funnel_contact_ids = [Command.create({"outcome": "no_answer"})]
        self.env.flush_all()
        self.env.cr.execute(
            """INSERT INTO funnel_timer (lead_id, title, state, anchor_at, due_at, fired_at, escalated)
               VALUES (%(lead)s, 'Nobody called', 'fired', now(), now(), now() - INTERVAL '2 hours', TRUE),
                      (%(lead)s, 'Tell the head', 'fired', now(), now(), now(), TRUE);
               INSERT INTO funnel_refusal (lead_id, date, state, note)
               VALUES (%(lead)s, now() - INTERVAL '1 day', 'verified', 'No'),
                      (%(lead)s, now(), 'returned', 'Try again')""",
            {"lead": deal.id},
        )
        self.env.invalidate_all()
        return deal

    def tell(self, deals, user):
        self.env.invalidate_all()
        return [values["funnel_board_facts"] for values in deals.with_user(user).read(["funnel_board_facts"])]


class TestFacts(BoardCase):
    def test_they_are_what_the_fields_say(self):
        deals = self.make_card() | self.make_card() | self.make_deal()
        for deal, facts in zip(deals, self.tell(deals, self.salesperson), strict=True):
            facts = facts or {}
            deal = deal.with_user(self.salesperson)
            for name, fact in (
                ("funnel_task_count", "tasks"),
                ("funnel_task_done_count", "tasks_done"),
                ("funnel_approval_state", "approval"),
                ("funnel_contact_count", "contacts"),
                ("funnel_contact_today_count", "contacts_today"),
                ("funnel_quota_missing", "contacts_missing"),
                ("funnel_escalation", "escalation"),
                ("funnel_return_summary", "returned"),
                ("funnel_can_defer", "can_defer"),
                ("repeat_summary", "repeat"),
                ("repeat_colleagues", "colleagues"),
            ):
                with self.subTest(name, deal=deal.id):
                    self.assertEqual(facts.get(fact) or False, deal[name] or False)
            self.assertNotEqual(bool(facts.get("is_closed")), deal.funnel_can_contact)

    def test_the_facts_of_a_card(self):
        [facts] = self.tell(self.make_card(), self.salesperson)
        self.assertEqual((facts["tasks"], facts["tasks_done"], facts["approval"]), (2, 1, "requested"))
        self.assertEqual(facts["escalation"], "Tell the head, Nobody called", "the last one comes first")
        self.assertIn("Try again", facts["returned"])
        self.assertEqual((facts["contacts"], facts["contacts_today"]), (1, 1))
        self.assertTrue(facts["can_defer"])
        self.assertNotIn("is_closed", facts)

    def test_what_few_cards_have(self):
        kind = self.env["funnel.case.type"].create({"name": "Repair", "team_ids": [Command.link(self.deals.id)]})
        deal = self.make_card(funnel_case_type_id=kind.id)
        self.assertEqual(self.tell(deal, self.salesperson)[0]["case_type"], "Repair")
        self.assertTrue({"visit", "visit_state", "rhythm"}.isdisjoint(self.tell(deal, self.salesperson)[0]))
        moment = datetime(2030, 5, 17, 6, 30)
        deal.write({"measurement_date": moment, "rhythm_date": moment + timedelta(days=1)})
        [facts] = self.tell(deal, self.salesperson)
        self.assertEqual(facts["visit"], "2030-05-17 06:30:00")
        self.assertEqual((facts["visit_state"], facts["visit_label"]), ("planned", "Planned"))
        self.assertEqual(facts["rhythm"], "2030-05-18 06:30:00")

    def test_where_a_card_comes_from(self):
        doors = self.make_funnel("Doors", "deal", ["Estimate", "Done!"])
        doors.handoff_team_ids = self.make_funnel("Production", "followup", ["Cutting", "Ready!"])
        deal = self.make_leads(doors, user_id=self.salesperson.id)
        deal.stage_id = doors.stage_ids.filtered("is_won")
        deal.funnel_card_ids.user_id = self.salesperson
        [facts] = self.tell(deal.funnel_card_ids, self.salesperson)
        self.assertEqual(facts["origin"], "Doors")

    def test_a_card_from_a_funnel_of_another_company(self):
        """It closes nobody's board."""
        origin = self.make_deal()
        card = self.make_deal()
        card.sudo().funnel_origin_id = origin
        other = self.env["res.company"].create({"name": "Other"})
        elsewhere = self.make_funnel("Elsewhere", "deal", ["New"], company_id=other.id)
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_lead SET team_id = %s WHERE id = %s", [elsewhere.id, origin.id])
        self.assertEqual(self.tell(card, self.salesperson)[0]["origin"], "Elsewhere")

    def test_nothing_to_tell(self):
        deal = self.make_leads(self.make_funnel("Doors", "deal", ["Estimate", "Done!"]), user_id=self.salesperson.id)
        self.assertEqual(self.tell(deal, self.salesperson), [False])

    def test_they_follow_what_happens(self):
        deal = self.make_card().with_user(self.salesperson)
        before = deal.funnel_board_facts
        deal.funnel_contact_ids = [Command.create({"outcome": "no_answer"})]
        self.assertEqual(deal.funnel_board_facts["contacts"], before["contacts"] + 1)
        deal.funnel_task_ids.filtered(lambda task: task.kind != "approval").action_undo()
        self.assertEqual(deal.funnel_board_facts["tasks_done"], 0)


class TestRights(BoardCase):
    def test_who_may_only_look(self):
        """Whoever sees a card by a role is not offered what only those who may write it can do."""
        [own] = self.make_leads(self.deals, user_id=self.lawyer.id)
        deal = self.make_card()
        asked, mine = self.tell(deal | own, self.lawyer)
        self.assertTrue(asked["is_closed"])
        self.assertFalse((mine or {}).get("is_closed"))
        self.assertEqual(deal.with_user(self.lawyer).funnel_can_contact, False)


class TestCost(BoardCase):
    def count(self, deals):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.tell(deals, self.salesperson)
        return self.env.cr.sql_log_count - before

    def test_the_board_reads_all_cards_together(self):
        phone = "+7 912 345-67-89"
        deals = self.env["crm.lead"].union(*(self.make_card(phone=phone) for _number in range(30)))
        self.count(deals)  # fills the caches
        few, many = self.count(deals[:2]), self.count(deals)
        self.assertLessEqual(many, few, f"{few} queries for 2 cards, {many} for 30")

    def test_the_facts_come_in_one_statement(self):
        deals = self.make_card() | self.make_card()
        self.env.flush_all()
        with self.assertQueryCount(1):
            found = deals._read_facts(*BOARD_FACTS)
        self.assertEqual(set(found), set(BOARD_FACTS))
        self.assertEqual({kind: set(facts) for kind, facts in found.items()}, dict.fromkeys(found, set(deals.ids)))
