"""Attacks: deferred deals whose activity is moved, whose funnels change, that are merged and copied."""

from datetime import date, datetime

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user

from .. import test_deferral
from ..test_deferral import DeferralCase


class TestActivities(DeferralCase):
    """Whoever moves the activity of a deferral moves the deferral."""

    def move(self, deals, day):
        self.as_salesperson(self.planned(deals)).date_deadline = day

    def test_the_date_follows_wherever_the_activity_is_moved(self):
        deal = self.defer()
        self.move(deal, "2027-05-05")
        self.assertEqual((deal.deferral_date, deal.stage_id), (date(2027, 5, 5), self.month(5)))
        activity = self.planned(deal)
        deal.write({"activity_ids": [Command.update(activity.id, {"date_deadline": "2027-07-01"})]})
        self.assertEqual((deal.deferral_date, deal.stage_id), (date(2027, 7, 1), self.month(7)))
        kind = "sales_funnel_addon.activity_type_deferral"
        deal.activity_reschedule([kind], date_deadline=date(2028, 2, 29), only_automated=False)
        self.assertEqual((deal.deferral_date, deal.stage_id), (date(2028, 2, 29), self.month(2)))
        self.assertEqual(self.planned(deal), activity)
        self.assertEqual(deal.deferral_reason, "Renovates first")

    def test_not_to_a_day_that_is_too_near(self):
        deal = self.defer()
        for move in (
            lambda: self.move(deal, "2026-12-18"),
            lambda: self.as_salesperson(self.planned(deal)).action_reschedule_tomorrow(),
        ):
            with self.assertRaisesRegex(ValidationError, "too near.*Resume the deal"):
                move()
        self.assertEqual(self.planned(deal).date_deadline, deal.deferral_date)

    def test_many_at_once_or_none(self):
        deals = self.defer() | self.defer(name="Other")
        self.move(deals, "2027-06-01")
        self.assertEqual(deals.stage_id, self.month(6))
        with self.assertRaisesRegex(ValidationError, "(?s)Lead 0.*Other"):
            self.move(deals, "2026-11-20")
        self.assertEqual(set(deals.mapped("deferral_date")), {date(2027, 6, 1)})

    def test_an_assignee_who_may_not_edit_the_deal(self):
        deal = self.defer()
        oleg = new_test_user(self.env, "sale_oleg", "sales_team.group_sale_salesman")
        self.planned(deal).user_id = oleg
        with self.assertRaises(AccessError):
            self.planned(deal).with_user(oleg).date_deadline = "2027-05-05"
        self.assertEqual(deal.deferral_date, date(2027, 3, 31))

    def test_other_activities_and_those_that_are_done(self):
        deal = self.defer()
        call = deal.activity_schedule("mail.mail_activity_data_call", date(2027, 4, 1), user_id=self.salesperson.id)
        call.date_deadline = "2026-11-20"
        done = self.planned(deal)
        done.action_done()
        if done.exists():
            done.date_deadline = "2027-06-01"
        self.assertEqual(deal.deferral_date, date(2027, 3, 31))


class TestActivityCost(test_deferral.TestCost):
    def test_many_at_once(self):
        def defer(leads):
            leads.funnel_defer("2027-03-31", "Holidays")

        def move(leads):
            leads.env["mail.activity"].search([("res_id", "in", leads.ids)]).write({"date_deadline": "2027-05-05"})

        self.assert_constant(move, defer)


class TestConfiguration(DeferralCase):
    def test_nothing_is_deferred_into_an_archived_funnel(self):
        self.later.active = False
        deal = self.make_deal()
        self.assertFalse(deal.funnel_can_defer)
        with self.assertRaisesRegex(UserError, "names no funnel of deferred demand"):
            deal.funnel_defer("2027-03-31", "Holidays")

    def test_nothing_comes_back_into_an_archived_funnel(self):
        deal = self.defer()
        self.deals.active = False
        with self.assertRaisesRegex(UserError, "still in use"):
            deal.funnel_resume()
        doors = self.make_funnel("Doors", "deal", ["Talk", "Offer"], deferred_team_id=self.later.id)
        deal.funnel_resume()
        self.assertEqual((deal.team_id, deal.stage_id.name), (doors, "Talk"))

    def test_a_stage_that_is_gone(self):
        self.measurement.is_irreversible = True
        deal = self.make_deal()
        for stage in (self.measurement, self.contract):
            deal.stage_id = stage
        deal.funnel_defer("2027-03-31", "Holidays")
        self.contract.unlink()
        deal.funnel_resume()
        self.assertEqual(deal.stage_id, self.measurement)

    def test_a_funnel_in_which_deals_wait_keeps_its_kind(self):
        deal = self.defer()
        for kind in (False, "deal"):
            with self.assertRaisesRegex(ValidationError, "Only a funnel of deals defers.*Kitchens"):
                self.later.funnel_kind = kind
        self.deals.deferred_team_id = False
        for kind in (False, "deal"):
            with self.assertRaisesRegex(ValidationError, "stays a funnel of deferred demand"):
                self.later.funnel_kind = kind
        deal.funnel_resume()
        self.later.funnel_kind = False

    def test_boards_follow_an_upgrade(self):
        """What an upgrade loads brings the screens of funnels that are there already up to date."""
        kanban = self.later.funnel_action_id.view_ids.filtered(lambda view: view.view_mode == "kanban")
        own = kanban.view_id
        kanban.view_id = self.env.ref("sales_funnel_addon.crm_lead_view_kanban_funnel")
        self.env["ir.module.module"]._load_module_terms(["sales_funnel_addon"], ["en_US"])
        self.assertIn(own, self.later.funnel_action_id.view_ids.view_id)

    def test_a_salesperson_who_has_left(self):
        deal = self.defer()
        self.salesperson.active = False
        deal = deal.with_user(self.manager)
        deal.deferral_date = "2027-06-06"
        self.assertEqual(self.planned(deal).user_id, self.manager)


class TestCopies(DeferralCase):
    def test_a_copy_waits_as_long_as_its_original(self):
        deal = self.defer()
        for moment in (datetime(2027, 3, 20), datetime(2027, 4, 20)):
            with self.at(moment):
                copy = deal.copy()
                self.assertEqual((copy.stage_id, copy.deferral_date), (self.month(3), deal.deferral_date))
                self.assertEqual(self.planned(copy).date_deadline, deal.deferral_date)

    def test_but_no_copy_is_a_way_to_a_near_date(self):
        deal, ordinary = self.defer(), self.make_deal()
        near = {"deferral_date": "2026-11-20"}
        deferred = {"team_id": self.later.id, "deferral_reason": "Holidays", "stage_id": self.month(11).id}
        forged = {"funnel_deferral_copy": True}
        for refused in (
            lambda: deal.copy(near),
            lambda: ordinary.copy({**deferred, **near}),
            lambda: ordinary.copy(deferred),
            lambda: deal.with_context(**forged).write(near),
        ):
            with self.assertRaises(ValidationError):
                refused()


class TestMerge(DeferralCase):
    def merge(self, deals, team=None):
        """Merge deals as the head of all does, by the dialog."""
        Dialog = self.env["crm.merge.opportunity"].with_user(self.manager).with_context(active_ids=deals.ids)
        dialog = Dialog.create({"team_id": team.id} if team else {})
        dialog.action_merge()
        return deals.exists()

    def test_a_deal_that_goes_on_does_not_vanish_in_one_that_waits(self):
        for team in (None, self.deals):
            waiting, deal = self.defer(), self.make_deal(stage_id=self.contract.id)
            merged = self.merge(waiting | deal, team)
            self.assertEqual((merged, merged.stage_id), (deal, self.contract))
            self.assertFalse(merged.deferral_date or self.planned(merged))

    def test_unless_somebody_wants_it_to(self):
        waiting, deal = self.defer(), self.make_deal(stage_id=self.contract.id)
        merged = self.merge(waiting | deal, self.later)
        self.assertEqual((merged, merged.stage_id), (waiting, self.month(3)))
        self.assertEqual(self.planned(merged).date_deadline, merged.deferral_date)

    def test_the_furthest_of_all_counts(self):
        self.measurement.is_irreversible = True
        for team in (None, self.deals):
            waiting, deal = self.defer(stage_id=self.contract.id), self.make_deal()
            merged = self.merge(waiting | deal, team)
            self.assertEqual((merged, merged.stage_id), (waiting, self.contract))
            self.assertFalse(merged.deferral_date or self.planned(merged))
        deals = self.defer(stage_id=self.contract.id) | self.defer("2027-12-31")
        self.assertEqual(self.merge(deals).deferral_stage_id, self.contract)

    def test_without_the_dialog(self):
        waiting, deal = self.defer(stage_id=self.contract.id), self.make_deal()
        merged = (waiting | deal).with_user(self.manager).merge_opportunity()
        self.assertEqual((merged.team_id, merged.stage_id), (self.deals, self.contract))

    def test_deals_that_wait_go_on_where_they_were(self):
        self.measurement.is_irreversible = True
        deals = self.defer(stage_id=self.contract.id) | self.defer("2027-02-28", stage_id=self.contract.id)
        merged = self.merge(deals, self.deals)
        self.assertEqual((merged.team_id, merged.stage_id), (self.deals, self.contract))
        self.assertFalse(merged.deferral_date or self.planned(merged))

    def test_a_deal_that_goes_on_does_not_vanish_in_a_lost_one(self):
        lost, deal = self.make_deal(stage_id=self.contract.id), self.make_deal()
        lost.action_set_lost(lost_reason_id=self.gone.id)
        merged = self.merge(lost | deal)
        self.assertEqual((merged, merged.won_status, merged.stage_id), (deal, "pending", self.estimate))


class TestDialog(DeferralCase):
    def test_a_deal_that_is_deleted_while_the_dialog_is_open(self):
        deals = self.defer() | self.defer() | self.defer()
        dialog = self.env["funnel.resume"].with_user(self.salesperson).create({"lead_ids": [Command.set(deals.ids)]})
        deals[0].sudo().unlink()
        dialog.invalidate_recordset()
        dialog.action_apply()
        self.assertEqual(deals.exists().team_id, self.deals)
