"""Cold lists: what becomes of their leads, the numbers, the leads of campaigns."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user

from .cold_lists import ListCase


class TestOutcomes(ListCase):
    def test_a_lead_is_not_processed_until_it_is_lost_or_converted(self):
        lead = self.fill(self.restaurants)
        self.assertFalse(lead.funnel_list_outcome)
        lead.stage_id = self.talk
        self.assertFalse(lead.funnel_list_outcome)

    def test_the_category_of_the_reason_decides(self):
        first, second = self.fill(self.restaurants, 2)
        self.refuse(first)
        self.refuse(second, self.spam)
        self.assertEqual((first.funnel_list_outcome, second.funnel_list_outcome), ("refused", "junk"))

    def test_many_are_lost_at_once_in_the_dialog(self):
        leads = self.fill(self.restaurants, 3, user_id=self.salesperson.id)
        wizard = (
            self.env["crm.lead.lost"]
            .with_user(self.salesperson)
            .create({"lead_ids": [Command.set(leads.ids)], "lost_reason_id": self.spam.id})
        )
        wizard.action_lost_reason_apply()
        self.assertEqual(leads.mapped("funnel_list_outcome"), ["junk"] * 3)

    def test_restoring_a_lead_takes_the_outcome_back(self):
        lead = self.fill(self.restaurants)
        self.refuse(lead)
        lead.action_restore()
        self.assertFalse(lead.funnel_list_outcome)
        self.assertEqual(self.counts(self.restaurants), {"waiting": 1})

    def test_archiving_without_a_loss_is_no_outcome(self):
        lead = self.fill(self.restaurants)
        lead.write({"probability": 10, "active": False})
        self.refuse(self.fill(self.restaurants))
        self.assertFalse(lead.with_context(active_test=False).funnel_list_outcome)
        self.assertEqual(self.counts(self.restaurants), {"processed": 1, "refused": 1})
        self.assertEqual(self.restaurants.lead_count, 2)

    def test_a_converted_lead_stays_converted(self):
        lead = self.fill(self.restaurants)
        self.convert(lead)
        self.assertEqual((lead.team_id, lead.funnel_list_outcome), (self.deals, "converted"))
        self.refuse(lead, self.price)
        self.assertEqual((lead.won_status, lead.funnel_list_outcome), ("lost", "converted"))
        lead.action_restore()
        self.assertEqual(lead.funnel_list_outcome, "converted")

    def test_another_category_of_the_reason_counts_old_losses_anew(self):
        lead = self.fill(self.restaurants)
        self.refuse(lead)
        self.refusal.category = "junk"
        self.assertEqual(self.counts(self.restaurants), {"processed": 1, "junk": 1})
        self.refusal.category = "refusal"
        self.assertEqual(lead.funnel_list_outcome, "refused")

    def test_another_reason_counts(self):
        lead = self.fill(self.restaurants)
        self.refuse(lead)
        lead.lost_reason_id = self.spam
        self.assertEqual(lead.funnel_list_outcome, "junk")

    def test_a_copy_is_no_lead_of_the_list(self):
        campaign = self.env["utm.campaign"].create({"title": "Spring"})
        self.make_list("Spring", kind="campaign", campaign_id=campaign.id)
        lead = self.fill(self.restaurants, campaign_id=campaign.id)
        self.refuse(lead)
        copy = lead.copy()
        self.assertFalse(copy.funnel_list_id or copy.funnel_list_outcome)

    def test_merged_leads_are_one_lead_of_the_list(self):
        first, second = self.fill(self.restaurants, 2, user_id=self.salesperson.id)
        merged = (first + second).merge_opportunity()
        self.assertEqual(merged.funnel_list_id, self.restaurants)
        self.assertEqual(self.counts(self.restaurants), {"working": 1})

    def test_a_lead_that_is_merged_into_a_deal_was_converted(self):
        deal = self.make_leads(self.deals, user_id=self.salesperson.id)
        lead = self.fill(self.restaurants, user_id=self.salesperson.id)
        merged = (deal + lead).merge_opportunity()
        self.assertEqual((merged.type, merged.funnel_list_outcome), ("opportunity", "converted"))
        self.assertEqual(self.counts(self.restaurants), {"processed": 1, "converted": 1})

    def test_nobody_writes_the_outcome(self):
        lead = self.fill(self.restaurants, user_id=self.salesperson.id, funnel_list_outcome="converted")
        lead.with_user(self.salesperson).write({"funnel_list_outcome": "converted", "name": "Renamed"})
        lead.write({"funnel_list_outcome": "junk", "funnel_past_list_ids": [Command.link(self.restaurants.id)]})
        self.assertEqual((lead.name, lead.funnel_list_outcome), ("Renamed", False))
        self.assertFalse(lead.funnel_past_list_ids)

    def test_a_lead_outside_the_funnels_is_counted_as_well(self):
        stock = self.env["crm.team"].create({"name": "Stock", "use_leads": True})
        lead = self.fill(self.restaurants, team_id=stock.id, type="lead")
        self.assertFalse(lead.funnel_list_outcome)
        lead.action_set_lost(lost_reason_id=self.spam.id)
        self.assertEqual(lead.funnel_list_outcome, "junk")


class TestCounters(ListCase):
    def test_all_parts_are_counted(self):
        self.restaurants.write({"threshold": 0})
        refused, junk, converted = self.fill(self.restaurants, 3)
        self.fill(self.restaurants, 2)
        self.fill(self.restaurants, user_id=self.oleg.id)
        self.refuse(refused)
        self.refuse(junk, self.spam)
        self.convert(converted)
        self.assertEqual(
            self.counts(self.restaurants),
            {"processed": 3, "refused": 1, "junk": 1, "converted": 1, "waiting": 2, "working": 1},
        )
        self.assertEqual(self.restaurants.conversion, 33.3)
        self.assertEqual(self.restaurants.lead_count, 6)

    def test_each_counter_opens_its_leads(self):
        refused, junk, converted, waiting = self.fill(self.restaurants, 4)
        working = self.fill(self.restaurants, user_id=self.oleg.id)
        self.refuse(refused)
        self.refuse(junk, self.spam)
        self.convert(converted)
        for name, expected in {
            "leads": refused + junk + converted + waiting + working,
            "processed": refused + junk + converted,
            "refused": refused,
            "junk": junk,
            "converted": converted,
            "waiting": waiting,
            "working": working,
        }.items():
            action = getattr(self.restaurants, f"action_open_{name}")()
            found = self.env["crm.lead"].with_context(**action["context"]).search(action["domain"])
            self.assertEqual(set(found), set(expected), name)

    def test_reasons_are_counted_the_most_frequent_first(self):
        leads = self.fill(self.restaurants, 3)
        self.refuse(leads[0], self.spam)
        self.refuse(leads[1:])
        self.restaurants.invalidate_recordset()
        self.assertEqual(
            [(item["reason"], item["count"], item["is_junk"]) for item in self.restaurants.reason_counts],
            [("No need", 2, False), ("Spam", 1, True)],
        )
        self.assertIn("No need", self.restaurants.reason_table)

    def test_a_screen_of_lists_takes_one_query(self):
        lists = self.restaurants
        for number in range(49):
            lists += self.make_list(f"List {number}")
        self.refuse(self.fill(lists[-1], 2))
        names = ["processed_count", "moved_count", "conversion", "waiting_count"]
        spent = []
        for some in (lists[:1], lists):
            self.env.flush_all()
            self.env.invalidate_all()
            some.fetch(["name"])
            before = self.env.cr.sql_log_count
            some.read(names)
            spent.append(self.env.cr.sql_log_count - before)
        self.assertEqual(spent, [1, 1])

    def test_losing_many_takes_as_many_queries_as_losing_one(self):
        # what a list adds to the loss of the same leads without a list
        added = []
        for count in (1, 100):
            spent = []
            for cold_list in (self.restaurants, self.env["funnel.list"]):
                leads = self.fill(self.restaurants, count) if cold_list else self.make_leads(self.leads, count)
                leads = leads.with_context(tracking_disable=True)
                self.restaurants.sudo().write({"judged_at": "2026-01-01", "state": "running"})
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                self.refuse(leads)
                self.env.flush_all()
                spent.append(self.env.cr.sql_log_count - before)
            added.append(spent[0] - spent[1])
        self.assertLess(added[1] - added[0], 3, added)


class TestNewLeads(ListCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.campaign = cls.env["utm.campaign"].create({"title": "Spring"})
        cls.spring = cls.make_list("Spring", kind="campaign", campaign_id=cls.campaign.id)

    def create_lead(self, user=None, **values):
        Lead = self.env["crm.lead"].with_user(user or self.salesperson)
        return Lead.create({"name": "Request", "campaign_id": self.campaign.id, **values})

    def test_a_lead_of_the_campaign_belongs_to_its_running_list(self):
        lead = self.create_lead()
        self.assertEqual((lead.funnel_list_id, lead.team_id, lead.type), (self.spring, self.leads, "lead"))
        self.assertFalse(lead.user_id, "the list hands it out")

    def test_a_paused_or_archived_list_takes_no_leads_by_itself(self):
        self.spring.with_user(self.head).action_pause("Wait")
        self.assertFalse(self.create_lead().funnel_list_id)
        self.spring.with_user(self.head).action_resume("Go on")
        self.assertTrue(self.create_lead().funnel_list_id)
        self.spring.active = False
        self.assertFalse(self.create_lead().funnel_list_id)

    def test_an_imported_base_takes_no_leads_by_itself(self):
        self.spring.kind = "import"
        self.assertFalse(self.create_lead().funnel_list_id)

    def test_deals_do_not_join(self):
        self.assertFalse(self.create_lead(team_id=self.deals.id).funnel_list_id)
        self.assertFalse(self.create_lead(type="opportunity").funnel_list_id)

    def test_the_list_of_the_funnel_comes_first(self):
        other = self.make_funnel("Other", "lead", ["New"])
        self.make_list("Spring elsewhere", other, kind="campaign", campaign_id=self.campaign.id)
        self.assertEqual(self.create_lead(team_id=self.leads.id).funnel_list_id, self.spring)

    def test_a_visitor_of_the_website_brings_a_lead(self):
        public = self.env.ref("base.public_user")
        lead = self.env["crm.lead"].with_user(public).sudo().create({"name": "Form", "campaign_id": self.campaign.id})
        self.assertEqual(lead.funnel_list_id, self.spring)

    def test_mail_to_an_alias_brings_a_lead(self):
        values = {"campaign_id": self.campaign.id, "team_id": self.leads.id}
        lead = self.env["crm.lead"].message_new(
            {"subject": "Hello", "from": "a@example.com", "body": "Hi", "email_from": "a@example.com"}, values
        )
        self.assertEqual(lead.funnel_list_id, self.spring)

    def test_a_new_lead_gets_what_its_list_says(self):
        source = self.env["utm.source"].create({"name": "Base of 2026"})
        self.spring.source_id = source
        lead = self.fill(self.spring)
        self.assertEqual((lead.source_id, lead.campaign_id), (source, self.campaign))
        self.assertEqual(self.fill(self.spring, user_id=self.oleg.id).user_id, self.oleg)

    def test_a_deal_cannot_be_made_in_a_list(self):
        with self.assertRaisesRegex(ValidationError, "is a deal"):
            self.fill(self.restaurants, team_id=self.deals.id, type="opportunity")


class TestRights(ListCase):
    def test_the_state_of_a_list_is_nobodys_to_write(self):
        for user in (self.head, self.manager):
            cold_list = self.restaurants.with_user(user)
            for name, value in (("state", "running"), ("judged_at", "2026-01-01"), ("sample_count", 20)):
                with self.assertRaisesRegex(AccessError, "follows its leads"):
                    cold_list.write({name: value})
        made = (
            self.env["funnel.list"]
            .with_user(self.head)
            .with_context(default_state="running", default_judged_at="2026-01-01")
            .create({"name": "New", "team_id": self.leads.id, "state": "running"})
        )
        self.assertEqual((made.state, made.judged_at), ("sampling", False))

    def test_salespeople_read_lists_and_change_none(self):
        cold_list = self.restaurants.with_user(self.salesperson)
        self.assertEqual(cold_list.name, "Restaurants")
        self.assertFalse(cold_list.can_manage)
        for attack in (
            lambda: cold_list.write({"threshold": 0}),
            lambda: cold_list.unlink(),
            lambda: cold_list.create({"name": "Mine", "team_id": self.leads.id}),
            lambda: cold_list.action_hand_out(),
            lambda: cold_list.action_pause("No"),
            lambda: cold_list.action_resume("Yes"),
            lambda: cold_list.action_ask_resume(),
        ):
            with self.assertRaises(AccessError):
                attack()

    def test_portal_users_see_no_list(self):
        portal = new_test_user(self.env, "portal_attacker", "base.group_portal")
        for attack in (
            lambda cold_list: cold_list.read(["name"]),
            lambda cold_list: cold_list.action_resume("Yes"),
            lambda cold_list: cold_list.action_hand_out(),
        ):
            with self.assertRaises(AccessError):
                attack(self.restaurants.with_user(portal))

    def test_lists_of_another_company_do_not_exist(self):
        company = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "stranger",
            "sales_team.group_sale_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        self.leads.company_id = self.env.company
        cold_list = self.restaurants.with_user(stranger)
        self.assertFalse(cold_list.search([("id", "=", self.restaurants.id)]))
        for attack in (
            lambda: cold_list.read(["name"]),
            lambda: cold_list.action_resume("Yes"),
            lambda: cold_list.action_hand_out(),
            lambda: (
                self.env["crm.lead"]
                .with_user(stranger)
                .create({"name": "Spy", "type": "lead", "funnel_list_id": self.restaurants.id})
            ),
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                attack()

    def test_only_the_head_changes_the_list_of_a_lead_past_the_dialog(self):
        lead = self.fill(self.restaurants, user_id=self.salesperson.id)
        other = self.make_list("Hotels")
        for list_id in (other.id, False):
            with self.assertRaisesRegex(AccessError, "Move to Another List"):
                lead.with_user(self.salesperson).funnel_list_id = list_id
        lead.with_user(self.head).funnel_list_id = other
        self.assertEqual(self.counts(other), {"working": 1})
        self.assertEqual(self.counts(self.restaurants), {})

    def test_a_list_with_leads_keeps_its_funnel(self):
        self.fill(self.restaurants)
        other = self.make_funnel("Other", "lead", ["New"])
        with self.assertRaisesRegex(UserError, "has leads in its funnel"):
            self.restaurants.team_id = other
        with self.assertRaisesRegex(UserError, "Archive it"):
            self.restaurants.unlink()
        with self.assertRaisesRegex(ValidationError, "needs a funnel of leads"):
            self.make_list("Wrong", self.deals)
        with self.assertRaisesRegex(ValidationError, "needs the campaign"):
            self.make_list("Wrong", kind="campaign")


class TestReport(ListCase):
    def test_lists_are_compared(self):
        self.restaurants.threshold = 0
        leads = self.fill(self.restaurants, 4)
        self.refuse(leads[0])
        self.convert(leads[1])
        self.env.flush_all()
        rows = self.env["funnel.list.report"]._read_group(
            [("funnel_list_id", "=", self.restaurants.id)],
            ["funnel_list_id"],
            ["lead_count:sum", "processed_count:sum", "refused_count:sum", "converted_count:sum", "conversion:avg"],
        )
        self.assertEqual(rows, [(self.restaurants, 4, 2, 1, 1, 0.5)])

    def test_people_compare_the_leads_that_they_may_see(self):
        self.fill(self.restaurants, 2, user_id=self.salesperson.id)
        self.fill(self.restaurants, 3, user_id=self.oleg.id)
        self.env.flush_all()
        for user, count in ((self.salesperson, 2), (self.head, 5)):
            report = self.env["funnel.list.report"].with_user(user)
            self.assertEqual(report.search_count([("funnel_list_id", "=", self.restaurants.id)]), count)

    def test_the_settings_say_how_large_a_sample_is(self):
        self.env.company.funnel_sample_size = 33
        cold_list = self.env["funnel.list"].create({"name": "New", "team_id": self.leads.id})
        self.assertEqual(cold_list.sample_size, 33)
