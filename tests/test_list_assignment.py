"""Who gets the leads of a list, and how leads go to another list."""

from ast import literal_eval
from unittest.mock import patch

from lxml import etree
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user

from .cold_lists import ListCase


class TestHandingOut(ListCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.restaurants.write({"sample_size": 20, "threshold": 0})

    def open_leads(self, user, cold_list=None):
        domain = [("funnel_list_id", "=", (cold_list or self.restaurants).id), ("user_id", "=", user.id)]
        return self.env["crm.lead"].search(domain)

    def assert_open(self, anna, oleg):
        self.env.invalidate_all()
        self.assertEqual((len(self.open_leads(self.salesperson)), len(self.open_leads(self.oleg))), (anna, oleg))

    def test_everybody_gets_their_portion_in_turn(self):
        leads = self.fill(self.restaurants, 7)
        self.hand_out()
        self.assert_open(2, 2)
        self.assertEqual(leads[:4].user_id, self.salesperson + self.oleg)
        self.assertFalse(leads[4:].user_id)

    def test_new_leads_wake_the_scheduled_action(self):
        with self.capture_triggers("sales_funnel_addon.ir_cron_hand_out") as captured:
            self.fill(self.restaurants)
        self.assertEqual(len(captured.records), 1)
        with self.capture_triggers("sales_funnel_addon.ir_cron_hand_out") as captured:
            self.fill(self.make_list("Nobody's"))
        self.assertFalse(captured.records)

    def test_who_has_processed_one_gets_the_next(self):
        self.fill(self.restaurants, 7)
        self.hand_out()
        first = self.open_leads(self.oleg)[0]
        with self.capture_triggers("sales_funnel_addon.ir_cron_hand_out") as captured:
            self.refuse(first)
        self.assertTrue(captured.records)
        self.hand_out()
        self.assert_open(2, 2)

    def test_all_at_once(self):
        self.restaurants.portion = 0
        self.fill(self.restaurants, 9)
        self.hand_out()
        self.assertEqual({len(self.open_leads(user)) for user in self.salesperson + self.oleg}, {4, 5})

    def test_the_sample_limits_what_is_given(self):
        self.restaurants.write({"sample_size": 3, "portion": 0, "threshold": 100})
        leads = self.fill(self.restaurants, 9)
        self.hand_out()
        self.assertEqual(len(leads.filtered("user_id")), 3)
        self.convert(leads.filtered("user_id"))
        self.assertEqual(self.restaurants.state, "running")
        self.hand_out()
        self.assertEqual(len(leads.filtered("user_id")), 9)

    def test_who_hands_out_in_vain_learns_why(self):
        def explain():
            return self.restaurants.with_user(self.head).action_hand_out()["params"]["message"]

        self.assertEqual(explain(), "“Restaurants”: no lead is waiting.")
        self.fill(self.restaurants, 30)
        self.hand_out()
        self.assertIn("has 2 leads of it", explain())
        self.restaurants.write({"sample_size": 4, "portion": 10})
        self.assertIn("the sample of 4 leads is handed out", explain())

    def test_leads_that_wait_do_not_bury_the_board(self):
        self.fill(self.restaurants, 6)
        own_request = self.make_leads(self.leads, user_id=False)
        self.hand_out()
        action = self.leads.action_open_funnel()
        self.assertIn("search_default_funnel_handed_out", action["context"])
        self.assertNotIn("search_default_funnel_handed_out", self.deals.action_open_funnel()["context"])
        arch = self.env["crm.lead"].get_view(action["search_view_id"][0], "search")["arch"]
        domain = literal_eval(etree.fromstring(arch).find(".//filter[@name='funnel_handed_out']").get("domain"))
        shown = self.env["crm.lead"].search([*literal_eval(action["domain"]), *domain])
        self.assertEqual(len(shown.filtered("funnel_list_id")), 4)
        self.assertIn(own_request, shown)

    def test_a_new_list_begins_in_the_funnel_of_its_head(self):
        other = self.make_funnel("Other leads", "lead", ["New"], user_id=self.salesperson.id)
        Lists = self.env["funnel.list"]
        self.assertEqual(Lists.with_user(self.salesperson).default_get(["team_id"])["team_id"], other.id)
        self.leads.user_id = self.head
        self.assertIn(
            Lists.with_user(self.head).default_get(["team_id"])["team_id"],
            self.env["crm.team"].search([("user_id", "=", self.head.id), ("funnel_kind", "=", "lead")]).ids,
        )
        self.assertFalse(Lists.with_user(self.owner).default_get(["team_id"]).get("team_id"))

    def test_archived_salespeople_are_skipped(self):
        self.oleg.active = False
        self.fill(self.restaurants, 5)
        self.hand_out()
        self.assert_open(2, 0)

    def test_only_people_of_the_company_of_the_lead_get_it(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.oleg.company_ids = [Command.link(company.id)]
        lead = self.fill(self.restaurants, company_id=company.id)
        self.hand_out()
        self.assertEqual(lead.user_id, self.oleg)

    def test_only_salespeople_of_the_company_can_be_chosen(self):
        clerk = new_test_user(self.env, "clerk", "base.group_user", name="Clerk")
        with self.assertRaisesRegex(ValidationError, "Only salespeople get leads of the list “Restaurants”: Clerk"):
            self.restaurants.user_ids = clerk
        self.leads.write({"user_id": False, "company_id": self.env["res.company"].create({"name": "Other"}).id})
        with self.assertRaisesRegex(ValidationError, "cannot work in the company"):
            self.make_list("Elsewhere", user_ids=self.oleg.ids)

    def test_the_button_hands_out_for_head_and_owner(self):
        self.fill(self.restaurants, 5)
        for user, expected in ((self.owner, "success"), (self.head, "info")):
            answer = self.restaurants.with_user(user).action_hand_out()
            self.assertEqual(answer["params"]["type"], expected)
        self.assert_open(2, 2)
        with self.assertRaisesRegex(UserError, "has no salespeople"):
            self.make_list("Empty").with_user(self.head).action_hand_out()

    def test_whoever_had_nothing_is_told_once(self):
        self.fill(self.restaurants, 9)
        self.hand_out()
        told = [("model", "=", "funnel.list"), ("res_id", "=", self.restaurants.id), ("subject", "ilike", "New leads")]
        messages = self.env["mail.message"].search(told)
        self.assertEqual(messages.notified_partner_ids, (self.salesperson + self.oleg).partner_id)
        self.refuse(self.open_leads(self.oleg)[0])
        self.hand_out()
        self.assertEqual(self.env["mail.message"].search(told), messages)

    def test_a_refused_list_holds_up_no_other(self):
        hotels = self.make_list("Hotels", user_ids=self.oleg.ids, threshold=0)
        refused, fine = self.fill(self.restaurants), self.fill(hotels)

        def tell(lists, portions):
            if any(cold_list == self.restaurants for cold_list, _user_id, _count in portions):
                raise UserError("No")

        with (
            patch.object(self.env.registry["funnel.list"], "_tell_takers", tell),
            self.assertLogs("odoo.addons.sales_funnel_addon.models.funnel_list_assignment_mixin", "WARNING") as logs,
        ):
            self.hand_out()
        self.assertEqual((fine.user_id, refused.user_id), (self.oleg, self.env["res.users"]))
        self.assertIn("could not be handed out: No", logs.output[0])

    def test_as_many_queries_for_many_lists_as_for_one(self):
        lists = self.restaurants
        for number in range(9):
            lists += self.make_list(f"List {number}", user_ids=self.oleg.ids, threshold=0)
        spent = []
        for some in (lists[:1], lists):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some._hand_out()  # nothing waits: what remains is looking
            spent.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(spent[1] - spent[0], 1, spent)


class TestPausedLists(ListCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.waiting = cls.fill(cls.restaurants)
        cls.mine = cls.fill(cls.restaurants, user_id=cls.salesperson.id)
        cls.restaurants.with_user(cls.head).action_pause("Wait")

    def test_nothing_is_handed_out(self):
        self.hand_out()
        self.assertFalse(self.waiting.user_id)
        with self.assertRaisesRegex(UserError, "is paused"):
            self.restaurants.with_user(self.head).action_hand_out()

    def attack(self, user):
        """Yield the ways in which somebody may try to get the waiting lead for themselves."""
        lead, mine = self.waiting.with_user(user), {"user_id": user.id}
        bait = lead.create({"name": "Bait", "team_id": self.leads.id, **mine})
        context = {"funnel_gate_pass": True, "funnel_list_pass": True, "import_file": True}
        yield lambda: lead.write(mine)
        yield lambda: lead.with_context(**context).write({"name": "Mine", **mine})
        yield lambda: lead.convert_opportunity(self.env["res.partner"], user_ids=user.ids)
        yield lambda: (lead + self.mine.with_env(lead.env)).merge_opportunity()
        yield lambda: (lead + bait).merge_opportunity()

    def test_nobody_takes_or_is_given_a_waiting_lead(self):
        for user in (self.salesperson, self.head, self.manager, self.env.ref("base.user_root")):
            for attack in self.attack(user):
                with self.assertRaisesRegex(UserError, "waits in the list “Restaurants”, which is paused"):
                    attack()

    def test_new_leads_come_in_without_a_salesperson_only(self):
        self.assertFalse(self.fill(self.restaurants).user_id)
        with self.assertRaisesRegex(UserError, "is paused"):
            self.fill(self.restaurants, user_id=self.oleg.id)

    def test_what_somebody_has_goes_on(self):
        self.mine.with_user(self.head).user_id = self.oleg
        self.mine.with_user(self.oleg).stage_id = self.talk
        self.refuse(self.mine.with_user(self.oleg))
        self.assertEqual(self.mine.funnel_list_outcome, "refused")

    def test_the_head_resumes_and_the_leads_are_handed_out(self):
        self.restaurants.with_user(self.head).action_resume("Go on")
        self.assertIn(self.waiting.user_id, self.salesperson + self.oleg)


class TestMovingToAnotherList(ListCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.projects = cls.make_funnel("Projects", "lead", ["Start", "Next"], deal_team_id=cls.deals.id)
        cls.start = cls.projects.stage_ids.sorted("sequence")[0]
        cls.hotels = cls.make_list("Hotels", cls.projects, user_ids=cls.oleg.ids)
        cls.misfit = cls.fill(cls.restaurants, user_id=cls.salesperson.id, stage_id=cls.talk.id)

    def move(self, leads, cold_list, user=None, note="Has forty rooms"):
        return leads.with_user(user or self.salesperson).funnel_move_to_list(cold_list.id, note)

    def test_a_misfit_begins_anew_in_the_other_list(self):
        self.demand(self.talk, "city", moment="leave")
        self.make_task(self.talk, "Call")
        self.move(self.misfit, self.hotels)
        lead = self.misfit
        self.assertEqual((lead.funnel_list_id, lead.team_id, lead.stage_id), (self.hotels, self.projects, self.start))
        self.assertFalse(lead.user_id or lead.funnel_list_outcome)
        self.assertEqual(lead.funnel_past_list_ids, self.restaurants)
        move = lead.funnel_move_ids[:1]
        self.assertEqual((move.kind, move.reason, move.user_id), ("relisted", "Has forty rooms", self.salesperson))
        self.assertIn("from the list “Restaurants” to “Hotels”: Has forty rooms", lead.message_ids[:1].body)
        self.assertEqual(self.counts(self.restaurants), {"moved": 1})
        self.assertEqual(self.counts(self.hotels), {"waiting": 1})
        self.hand_out()
        self.assertEqual(lead.user_id, self.oleg)

    def test_what_the_first_stage_there_asks_for_holds(self):
        self.demand(self.start, "city")
        with self.assertRaisesRegex(ValidationError, "City"):
            self.move(self.misfit, self.hotels)

    def test_a_list_of_the_same_funnel_begins_in_its_first_stage(self):
        self.make_way(self.talk, self.qualified)
        cafes = self.make_list("Cafés")
        self.move(self.misfit, cafes)
        self.assertEqual((self.misfit.stage_id, self.misfit.funnel_list_id), (self.new, cafes))

    def test_there_and_back_again(self):
        self.move(self.misfit, self.hotels)
        self.move(self.misfit, self.restaurants, self.head)
        self.assertEqual(self.counts(self.restaurants), {"waiting": 1})
        self.assertEqual(self.counts(self.hotels), {"moved": 1})

    def test_many_at_once_cost_as_much_as_one(self):
        spent = []
        for count in (1, 50):
            leads = self.fill(self.restaurants, count, user_id=self.salesperson.id).with_context(tracking_disable=True)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.move(leads, self.hotels)
            self.env.flush_all()
            spent.append(self.env.cr.sql_log_count - before)
        self.assertLess((spent[1] - spent[0]) / 49, 0.2, spent)
        self.assertEqual(self.counts(self.restaurants), {"moved": 51 - 1, "working": 1} | {"moved": 51})

    def test_the_dialog_moves_the_chosen_leads(self):
        more = self.fill(self.restaurants, 2, user_id=self.salesperson.id)
        wizard = (
            self.env["funnel.list.move"]
            .with_user(self.salesperson)
            .with_context(active_model="crm.lead", active_ids=(self.misfit + more).ids)
            .create({"list_id": self.hotels.id, "note": "Hotels"})
        )
        self.assertEqual(wizard.former_list_ids, self.restaurants)
        wizard.action_apply()
        self.assertEqual((self.misfit + more).funnel_list_id, self.hotels)

    def test_what_cannot_be_moved_is_named(self):
        lost, deal, stray = self.fill(self.restaurants, 2, user_id=self.salesperson.id) + self.make_leads(
            self.leads, name="Stray", user_id=self.salesperson.id
        )
        self.refuse(lost)
        self.convert(deal)
        for lead in (lost, deal, stray):
            with self.assertRaisesRegex(UserError, f"not processed go to another one: {lead.name}"):
                self.move(lead, self.hotels)
        for note in (False, " ", None):
            with self.assertRaisesRegex(UserError, "Write why"):
                self.move(self.misfit, self.hotels, note=note)
        for list_id in (False, -1, "x", 2**40, True):
            with self.assertRaisesRegex(UserError, "There is no list"):
                self.misfit.funnel_move_to_list(list_id, "Why not")

    def test_it_is_no_way_out_of_a_paused_list(self):
        waiting = self.fill(self.restaurants)
        self.restaurants.with_user(self.head).action_pause("Wait")
        with self.assertRaisesRegex(UserError, "which is paused"):
            self.move(waiting, self.hotels)
        self.move(waiting, self.hotels, self.head)
        self.assertEqual(waiting.funnel_list_id, self.hotels)

    def test_lists_and_leads_of_others_stay_out_of_reach(self):
        company = self.env["res.company"].create({"name": "Other"})
        far = self.make_funnel("Far", "lead", ["New"], company_id=company.id)
        hidden = self.make_list("Hidden", far)
        with self.assertRaisesRegex(UserError, "There is no list"):
            self.move(self.misfit, hidden)
        with self.assertRaises(AccessError):
            self.move(self.misfit, self.hotels, self.oleg)
        portal = new_test_user(self.env, "portal_attacker", "base.group_portal")
        with self.assertRaises(AccessError):
            self.move(self.misfit, self.hotels, portal)
