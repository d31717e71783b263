"""Deferred demand: deals that wait for their next contact, each in the month of its date."""

import contextlib
import random
from datetime import date, datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user

from odoo.addons.sales_funnel_addon.tools.checklists import OPEN_STATES

from .common import ADDON, FunnelCase
from .test_preset_reminders import PresetReminderCase

#: A Monday morning in November.
NOW = datetime(2026, 11, 16, 7, 0)
#: The first day until which a deal can be deferred then.
FIRST = date(2026, 12, 19)


class DeferralCase(FunnelCase):
    """A funnel of deals that defers into one with twelve months, and a clock that stands still in November."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.later = cls.make_months(cls.deals)
        cls.deals.resource_calendar_id = cls.later.resource_calendar_id = cls.env["resource.calendar"].create(
            {"name": "Moscow", "tz": "Europe/Moscow"}
        )
        cls.make_reason("Gone", cls.deals, cls.later)
        cls.gone = cls.env["crm.lost.reason"].search([("name", "=", "Gone")])
        cls.type_id = cls.env.ref(f"{ADDON}.activity_type_deferral").id

    def setUp(self):
        super().setUp()
        clock = self.at(NOW)
        clock.__enter__()
        self.addCleanup(clock.__exit__, None, None, None)

    @contextlib.contextmanager
    def at(self, moment):
        """Make it that moment (in UTC), for Python and for the database."""
        with freeze_time(moment), patch.object(self.env.cr, "_now", moment):
            yield

    def month(self, number):
        return self.later.stage_ids.filtered(lambda stage: stage.deferral_month == number)

    def defer(self, day="2027-03-31", reason="Renovates first", **values):
        """Return a deal of the salesperson that is deferred until a day."""
        deal = self.make_deal(**values)
        deal.funnel_defer(day, reason)
        return deal

    def planned(self, deals):
        """Return the open activities that deferrals have planned."""
        return deals.sudo().activity_ids.filtered(lambda activity: activity.funnel_is_deferral and activity.active)


class TestDefer(DeferralCase):
    def test_a_deal_waits_in_the_month_of_its_date(self):
        deal = self.make_deal(stage_id=self.contract.id)
        deal.funnel_defer("2027-03-31", "  Renovates first ")
        self.assertEqual((deal.team_id, deal.stage_id), (self.later, self.month(3)))
        self.assertEqual((str(deal.deferral_date), deal.deferral_reason), ("2027-03-31", "Renovates first"))
        self.assertEqual((deal.deferral_team_id, deal.deferral_stage_id), (self.deals, self.contract))
        move = deal.funnel_move_ids.sorted("id")[-1]
        self.assertEqual((move.kind, move.reason), ("deferred", "03/31/2027 — Renovates first"))
        self.assertEqual(deal.deferral_days_left, 135)

    def test_a_deferred_deal_is_lost_for_the_reasons_of_where_it_came_from(self):
        other = self.make_reason("Other", self.make_funnel("Doors", "deal", ["One"]))
        deal = self.defer()
        dialog = self.env["crm.lead.lost"].create({"lead_ids": [Command.set(deal.ids)]})
        self.assertEqual(dialog.available_reason_ids, self.price | self.gone)
        with self.assertRaisesRegex(ValidationError, "is not a lost reason of the funnel “Kitchens”"):
            deal.action_set_lost(lost_reason_id=other.id)
        deal.action_set_lost(lost_reason_id=self.price.id)
        self.assertEqual(deal.won_status, "lost")

    def test_the_chatter_tells_date_and_reason(self):
        deal = self.make_deal()
        self.env.flush_all()
        self.env.cr.precommit.run()
        deal.funnel_defer("2027-03-31", "Renovates first")
        self.env.flush_all()
        self.env.cr.precommit.run()
        told = deal.message_ids.sudo().tracking_value_ids.mapped("new_value_text")
        self.assertIn("Renovates first", told)
        deal.deferral_date = "2027-04-01"
        self.env.flush_all()
        self.env.cr.precommit.run()
        dates = deal.message_ids.sudo().tracking_value_ids.filtered(lambda v: v.field_id.name == "deferral_date")
        self.assertEqual({str(v.new_value_datetime.date()) for v in dates}, {"2027-03-31", "2027-04-01"})

    def test_the_salesperson_has_an_activity_on_the_date(self):
        deal = self.defer()
        activity = self.planned(deal)
        self.assertEqual(len(activity), 1)
        self.assertEqual((str(activity.date_deadline), activity.user_id), ("2027-03-31", self.salesperson))
        self.assertIn("Renovates first", activity.note)
        deal.deferral_date = "2028-02-29"
        self.assertEqual(self.planned(deal), activity)
        self.assertEqual(str(activity.date_deadline), "2028-02-29")
        deal.sudo().user_id = self.head
        self.assertEqual(activity.user_id, self.head)

    def test_an_activity_that_was_done_comes_again_only_with_a_new_date(self):
        deal = self.defer()
        self.planned(deal).with_user(self.salesperson).action_done()
        deal.sudo().user_id = self.head
        self.assertFalse(self.planned(deal))
        deal.sudo().deferral_date = "2027-05-01"
        self.assertEqual(str(self.planned(deal).date_deadline), "2027-05-01")

    def test_nobody_plans_such_an_activity_by_hand(self):
        deal = self.defer()
        with self.assertRaises(AccessError):
            self.planned(deal).with_user(self.salesperson).funnel_is_deferral = False
        values = {"res_model_id": self.env["ir.model"]._get_id("crm.lead"), "res_id": deal.id}
        with self.assertRaises(AccessError):
            self.env["mail.activity"].with_user(self.salesperson).create({**values, "funnel_is_deferral": True})

    def test_dates_that_are_too_near(self):
        deal = self.make_deal()
        for day in ("2026-11-15", "2026-11-16", str(FIRST - timedelta(days=1))):
            with self.assertRaisesRegex(ValidationError, "more than 32 days away, after 12/18/2026.*Plan an activity"):
                deal.funnel_defer(day, "Holidays")
        deal.funnel_defer(str(FIRST), "Holidays")
        self.assertEqual(deal.stage_id, self.month(12))
        with self.assertRaisesRegex(ValidationError, "too near.*Resume"):
            deal.deferral_date = FIRST - timedelta(days=1)

    def test_the_limit_is_a_setting_of_the_funnel_that_the_deal_comes_from(self):
        self.deals.deferral_min_days = 10
        deal = self.defer("2026-11-27")
        with self.assertRaisesRegex(ValidationError, "more than 10 days"):
            deal.deferral_date = "2026-11-26"
        self.deals.deferral_min_days = 90
        with self.assertRaisesRegex(ValidationError, "more than 90 days"):
            deal.deferral_date = "2027-02-14"
        deal.name = "An old date is not judged again"

    def test_it_is_the_day_of_the_funnel_that_counts(self):
        deal = self.make_deal()
        with self.at(datetime(2026, 11, 16, 21, 30)):  # after midnight in Moscow
            with self.assertRaisesRegex(ValidationError, "too near"):
                deal.with_context(tz="America/New_York").funnel_defer(str(FIRST), "Holidays")
            deal.with_context(tz="America/New_York").funnel_defer(str(FIRST + timedelta(days=1)), "Holidays")

    def test_a_reason_is_needed(self):
        deal = self.make_deal()
        for reason in ("", "  ", None, False, 5):
            with self.assertRaisesRegex(ValidationError, "Write why"):
                deal.funnel_defer("2027-03-31", reason)
        with self.assertRaisesRegex(ValidationError, "Write why"):
            deal.write({"team_id": self.later.id, "deferral_date": "2027-03-31"})
        deal = self.defer()
        with self.assertRaisesRegex(ValidationError, "Write why"):
            deal.deferral_reason = " "

    def test_those_that_wait_and_those_that_do_not_at_once(self):
        deals = self.defer() | self.make_deal()
        deals.funnel_defer("2027-04-30", "Holidays")
        self.assertEqual(deals.stage_id, self.month(4))
        self.assertEqual(self.planned(deals).mapped("date_deadline"), [date(2027, 4, 30)] * 2)
        self.assertIn("Holidays", self.planned(deals)[0].note)

    def test_what_is_no_date(self):
        deal = self.make_deal()
        for day in ("soon", "2027-02-30", "", None, False, 20270331, ["2027-03-31"]):
            with self.assertRaises(ValidationError):
                deal.funnel_defer(day, "Holidays")

    def test_every_deal_that_cannot_be_deferred_is_named_and_none_is_deferred(self):
        good, closed = self.make_deal(name="Good"), self.make_deal(name="Closed")
        closed.action_set_lost(lost_reason_id=self.price.id)
        lead = self.as_salesperson(self.make_leads(self.leads, name="Lead", user_id=self.salesperson.id))
        with self.assertRaisesRegex(UserError, "(?s)Closed.*reopen it first.*Lead.*names no funnel"):
            (good | closed | lead).funnel_defer("2027-03-31", "Holidays")
        self.assertEqual(good.team_id, self.deals)
        with self.assertRaisesRegex(ValidationError, "(?s)Good.*too near.*Other.*too near"):
            (good | self.make_deal(name="Other")).funnel_defer("2026-11-30", "Holidays")

    def test_a_colleague_cannot(self):
        deal, waiting = self.make_deal(), self.defer()
        colleague = new_test_user(self.env, "colleague", "sales_team.group_sale_salesman")
        with self.assertRaises(AccessError):
            deal.with_user(colleague).funnel_defer("2027-03-31", "Mine now")
        with self.assertRaises(AccessError):
            waiting.with_user(colleague).funnel_resume()

    def test_timers_and_tasks_of_the_sales_funnel_end(self):
        task = self.make_task(self.estimate)
        self.env["funnel.reminder"].create(
            {
                "name": "Call",
                "stage_id": self.estimate.id,
                "role_ids": [Command.link(self.make_role("Boss", source="head").id)],
            }
        )
        deal = self.make_deal()
        self.assertEqual(deal.sudo().funnel_timer_ids.mapped("state"), ["armed"])
        deal.funnel_defer("2027-03-31", "Holidays")
        self.assertFalse(deal.sudo().funnel_timer_ids)
        self.assertEqual(self.task_of(deal, task).state, "cancelled")
        deal.funnel_resume()
        self.assertEqual(self.task_of(deal, task).state, "open")
        self.assertEqual(deal.sudo().funnel_timer_ids.mapped("state"), ["armed"])

    def test_deferred_deals_leave_the_funnel_and_its_totals(self):
        self.make_deal(expected_revenue=100)
        self.defer(expected_revenue=1000)
        domain = self.deals.funnel_action_id.domain
        [(total, count)] = self.env["crm.lead"]._read_group(eval(domain), [], ["expected_revenue:sum", "__count"])  # noqa: S307
        self.assertEqual((total, count), (100, 1))
        [group] = self.env["crm.lead"]._read_group([("team_id", "=", self.later.id)], ["stage_id"], ["__count"])
        self.assertEqual(group, (self.month(3), 1))
        board = self.env["crm.lead"].with_context(funnel_id=self.later.id, read_group_expand=True)
        groups = board.web_read_group([("team_id", "=", self.later.id)], ["stage_id"])["groups"]
        self.assertEqual([group["stage_id"][1] for group in groups], self.later.stage_ids.mapped("name"))


class TestDateAndMonth(DeferralCase):
    def test_dates_at_the_edges(self):
        deal = self.defer()
        for day, month in (
            ("2026-12-31", 12),
            ("2027-01-01", 1),
            ("2027-01-31", 1),
            ("2028-02-29", 2),
            ("2099-11-30", 11),
        ):
            deal.deferral_date = day
            self.assertEqual(deal.stage_id, self.month(month), day)
        with self.at(datetime(2026, 12, 31, 22, 0)):  # it is 2027 in Moscow
            deal.deferral_date = "2027-02-03"
            with self.assertRaisesRegex(ValidationError, "after 02/02/2027"):
                deal.deferral_date = "2027-02-02"
        self.assertEqual(deal.stage_id, self.month(2))

    def test_a_deferred_deal_keeps_a_date(self):
        deal = self.defer()
        with self.assertRaisesRegex(ValidationError, "Give the date of the next contact in “March”"):
            deal.deferral_date = False
        with self.assertRaisesRegex(ValidationError, "Give the date of the next contact"):
            self.make_deal().write({"team_id": self.later.id, "deferral_reason": "Holidays"})

    def test_dragging_asks_for_the_date(self):
        deal = self.defer()
        with self.assertRaisesRegex(ValidationError, "“May” is not the month of the next contact, 03/31/2027"):
            deal.stage_id = self.month(5)
        verdict = deal.funnel_check_move(self.month(5).id)
        self.assertEqual(verdict["status"], "fixable")
        self.assertEqual([field["name"] for field in verdict["missing_fields"]], ["deferral_date"])
        [requirement] = verdict["requirements"]
        self.assertIn("give a date in “May”", requirement["message"])
        self.assertEqual(requirement["field_names"], ["deferral_date"])
        deal.web_save({"stage_id": self.month(5).id, "deferral_date": "2027-05-03"}, specification={})
        self.assertEqual((deal.stage_id, str(deal.deferral_date)), (self.month(5), "2027-05-03"))
        self.assertEqual(deal.funnel_check_move(self.month(5).id)["status"], "ok")

    def test_date_and_stage_that_contradict_each_other(self):
        deal = self.defer()
        with self.assertRaisesRegex(ValidationError, "“June” is not the month of the next contact, 05/03/2027"):
            deal.write({"stage_id": self.month(6).id, "deferral_date": "2027-05-03"})
        with self.assertRaisesRegex(ValidationError, "“March” is not the month of the next contact, 05/03/2027"):
            deal.write({"stage_id": self.month(3).id, "deferral_date": "2027-05-03"})

    def test_no_head_of_sales_can_change_the_calendar(self):
        deal = self.defer().with_user(self.manager)
        with self.assertRaisesRegex(ValidationError, "is not the month"):
            deal.funnel_override_move(self.month(5).id, "I say so")

    def test_a_list_is_edited_and_a_form_filled_in(self):
        deals = self.defer() | self.defer("2027-04-15")
        deals.write({"deferral_date": "2027-07-01"})
        self.assertEqual(deals.stage_id, self.month(7))
        with Form(deals[0].with_user(self.salesperson)) as form:
            form.deferral_date = "2027-08-31"
            self.assertEqual(form.stage_id, self.month(8))
        self.assertEqual(deals[0].stage_id, self.month(8))

    def test_deals_of_several_funnels_at_once(self):
        second = self.make_months(name="Second")
        doors = self.make_funnel("Doors", "deal", ["Order"], deferred_team_id=second.id)
        deals = self.make_deal() | self.as_salesperson(self.make_leads(doors, user_id=self.salesperson.id))
        deals.funnel_defer("2027-03-31", "Holidays")
        deals.write({"deferral_date": "2027-04-30"})
        self.assertEqual(deals.mapped("stage_id.deferral_month"), [4, 4])
        self.assertEqual(deals.mapped("team_id"), self.later | second)
        deals.funnel_resume()
        self.assertEqual(deals.mapped("team_id"), self.deals | doors)

    def test_import(self):
        Lead = self.env["crm.lead"].with_user(self.manager).with_context(tracking_disable=True, import_file=True)
        names = ["name", "team_id/.id", "deferral_date", "deferral_reason", "stage_id/.id"]
        rows = [
            ["Good", str(self.later.id), "2027-09-30", "Holidays", ""],
            ["Good too", str(self.later.id), "2027-10-01", "Holidays", str(self.month(10).id)],
        ]
        result = Lead.load(names, rows)
        self.assertEqual(result["messages"], [])
        self.assertEqual(Lead.browse(result["ids"]).mapped("stage_id.deferral_month"), [9, 10])
        for bad, words in (
            (["Bad", str(self.later.id), "", "Holidays", ""], "Give the date"),
            (["Bad", str(self.later.id), "2027-09-30", "", ""], "Write why"),
            (["Bad", str(self.later.id), "2026-11-30", "Holidays", ""], "too near"),
            (["Bad", str(self.later.id), "2027-09-30", "Holidays", str(self.month(10).id)], "is not the month"),
            (["Bad", str(self.deals.id), "2027-09-30", "Holidays", ""], "It is not deferred"),
        ):
            self.assertIn(words, str(Lead.load(names, [bad])["messages"]))

    def test_a_date_that_has_passed_is_valid(self):
        deal = self.defer()
        with self.at(datetime(2027, 4, 20, 7, 0)):
            deal.write({"name": "Late", "deferral_date": "2027-03-31", "deferral_reason": "Still renovating"})
            self.env.invalidate_all()
            self.assertEqual(deal.deferral_days_left, -20)
            self.assertTrue(deal.funnel_is_overdue)

    def test_deals_that_are_not_deferred_have_no_such_date(self):
        deal = self.make_deal()
        for values in ({"deferral_date": "2027-03-31"}, {"deferral_reason": "Holidays"}):
            with self.assertRaisesRegex(ValidationError, "It is not deferred"):
                deal.write(values)
        stock = self.env["crm.lead"].create({"name": "Stock", "team_id": False, "deferral_date": "2026-11-17"})
        stock.deferral_date = "2026-11-18"
        stock.write({"team_id": self.deals.id, "type": "opportunity", "deferral_date": False})
        self.assertEqual(stock.stage_id, self.estimate)

    def test_stages_keep_their_months(self):
        self.defer()
        with self.assertRaisesRegex(ValidationError, "keeps its month"):
            self.month(3).deferral_month = 0
        with self.assertRaisesRegex(ValidationError, "two stages"):
            self.month(4).deferral_month = 5

    def test_a_month_without_a_stage(self):
        self.month(4).deferral_month = 0
        with self.assertRaisesRegex(ValidationError, "no stage for the month of 04/15/2027"):
            self.make_deal().funnel_defer("2027-04-15", "Holidays")

    def test_only_deals_defer_and_only_into_deferred_demand(self):
        for team, target in ((self.leads, self.later), (self.deals, self.leads), (self.later, self.make_months())):
            with self.assertRaisesRegex(ValidationError, "Only a funnel of deals defers"):
                team.deferred_team_id = target


class TestResume(DeferralCase):
    def test_it_comes_back_to_the_stage_it_left(self):
        self.demand(self.estimate, "city", moment="leave")
        self.make_task(self.measurement)
        deal = self.make_deal(city="Perm")
        deal.with_user(self.manager).funnel_override_move(self.contract.id, "In a hurry")
        deal.funnel_defer("2027-03-31", "Holidays")
        planned = self.planned(deal)
        call = self.env.ref("mail.mail_activity_data_call")
        deal.funnel_resume(activity_type_id=call.id, activity_date="2026-11-20", activity_summary="Budget?")
        self.assertEqual((deal.team_id, deal.stage_id), (self.deals, self.contract), "nothing was skipped on the way")
        self.assertFalse(deal.deferral_date or deal.deferral_reason or planned.exists())
        activity = deal.activity_ids
        self.assertEqual((activity.activity_type_id, str(activity.date_deadline)), (call, "2026-11-20"))
        self.assertEqual((activity.summary, activity.user_id), ("Budget?", self.salesperson))
        self.assertEqual(deal.funnel_move_ids.sorted("id")[-1].kind, "resumed")
        self.assertFalse(deal.deferral_stage_id)

    def test_it_comes_back_to_a_chosen_stage(self):
        self.demand(self.estimate, "city", moment="leave")
        deal = self.defer()
        with self.assertRaisesRegex(ValidationError, "City"):
            deal.funnel_resume(self.contract.id)
        deal.city = "Perm"
        deal.funnel_resume(self.contract.id)
        self.assertEqual(deal.stage_id, self.contract)

    def test_there_is_no_way_back_over_an_irreversible_stage(self):
        self.measurement.is_irreversible = True
        deal = self.make_deal()
        deal.stage_id = self.contract
        deal.funnel_defer("2027-03-31", "Holidays")
        with self.assertRaisesRegex(ValidationError, "point of no return"):
            deal.funnel_resume(self.estimate.id)
        with self.assertRaisesRegex(ValidationError, "point of no return"):
            deal.write({"team_id": self.deals.id, "stage_id": self.estimate.id})
        with self.assertRaisesRegex(ValidationError, "point of no return"):
            deal.team_id = self.deals  # the first stage
        stock = self.env["crm.team"].create({"name": "Stock"})
        deal.with_user(self.manager).team_id = stock
        self.assertFalse(deal.deferral_date)
        with self.assertRaisesRegex(ValidationError, "point of no return"):
            deal.with_user(self.manager).write({"team_id": self.deals.id, "stage_id": self.estimate.id})
        deal.with_user(self.manager).write(
            {"team_id": self.later.id, "deferral_date": "2027-05-01", "deferral_reason": "Again"}
        )
        deal.funnel_resume()
        self.assertEqual(deal.stage_id, self.contract, "the log remembers")

    def test_nobody_forges_where_it_came_from(self):
        self.measurement.is_irreversible = True
        deal = self.make_deal(stage_id=self.contract.id)
        deal.funnel_defer("2027-03-31", "Holidays")
        deal.with_context(deferral_stage_id=self.estimate.id).write({"deferral_stage_id": self.estimate.id})
        self.env.invalidate_all()
        self.assertEqual(deal.deferral_stage_id, self.contract)

    def test_transitions_hold(self):
        self.make_way(self.estimate, self.measurement)
        deal = self.defer()
        with self.assertRaisesRegex(ValidationError, "no way"):
            deal.funnel_resume(self.contract.id)
        deal.funnel_resume(self.measurement.id)

    def test_leaving_by_hand_clears_what_was_said(self):
        deal = self.defer()
        deal.team_id = self.deals
        self.assertEqual(deal.stage_id, self.estimate)
        self.assertFalse(deal.deferral_date or deal.deferral_reason or self.planned(deal))

    def test_deals_that_came_from_nowhere(self):
        deal = self.as_salesperson(
            self.make_leads(
                self.later, user_id=self.salesperson.id, deferral_date="2027-03-31", deferral_reason="Imported"
            )
        )
        other = self.make_funnel("Doors", "deal", ["Order"], deferred_team_id=self.later.id)
        with self.assertRaisesRegex(UserError, "came from no funnel"):
            deal.funnel_resume()
        deal.funnel_resume(other.stage_ids.id)
        self.assertEqual(deal.team_id, other)

    def test_what_cannot_be_resumed(self):
        open_deal, closed = self.make_deal(name="Open"), self.defer(name="Closed")
        closed.action_set_lost(lost_reason_id=self.gone.id)
        with self.assertRaisesRegex(UserError, "(?s)Open.*not deferred.*Closed.*reopen"):
            (open_deal | closed).funnel_resume()
        deal = self.defer()
        for stage_id in (self.new.id, self.month(5).id, -1, "x", 10**12):
            with self.assertRaises(UserError):
                deal.funnel_resume(stage_id)
        for type_id in (-5, "x", 10**9):
            with self.assertRaises(UserError):
                deal.funnel_resume(activity_type_id=type_id)

    def test_loss_archive_and_reopening(self):
        lost, archived = self.defer(), self.defer(probability=50)
        lost.action_set_lost(lost_reason_id=self.gone.id)
        archived.active = False
        self.assertFalse(self.planned(lost | archived))
        with self.at(datetime(2027, 5, 1, 7, 0)):
            (lost | archived).action_unarchive()
        self.assertEqual(self.planned(lost | archived).mapped("date_deadline"), [date(2027, 3, 31)] * 2)
        self.assertEqual((lost | archived).stage_id, self.month(3))

    def test_copy_and_merge(self):
        deal, other = self.defer(), self.defer("2027-04-30")
        copy = deal.copy()
        self.assertEqual((copy.stage_id, copy.deferral_date), (self.month(3), deal.deferral_date))
        self.assertEqual(len(self.planned(copy)), 1)
        merged = (deal | other | copy).with_user(self.manager).merge_opportunity()
        self.assertEqual(merged.stage_id.deferral_month, merged.deferral_date.month)
        self.assertEqual(self.planned(merged).date_deadline, merged.deferral_date)
        deal = self.defer(name="Waits", email_from="a@example.com", stage_id=self.contract.id)
        open_deal = self.make_deal(stage_id=self.contract.id, priority="3", email_from="a@example.com")
        merged = (deal | open_deal).with_user(self.manager).merge_opportunity()
        self.assertEqual(bool(merged.deferral_date), merged.team_id == self.later)
        self.assertEqual(len(self.planned(merged)), int(merged.team_id == self.later))


class TestDialogs(DeferralCase):
    def test_several_deals_are_deferred_with_a_table_of_the_others(self):
        good, closed = self.make_deal(name="Good"), self.make_deal(name="Closed")
        closed.action_set_lost(lost_reason_id=self.price.id)
        deals = good | closed
        dialog = Form(self.env["funnel.defer"].with_user(self.salesperson).with_context(default_lead_ids=deals.ids))
        dialog.deferral_date = "2026-11-30"
        self.assertEqual(dialog.ready_count, 0)
        dialog.deferral_date = "2027-03-31"
        self.assertEqual(dialog.ready_count, 1)
        dialog.deferral_reason = "Holidays"
        record = dialog.save()
        action = record.action_apply()
        self.assertEqual(action["res_id"], record.id)
        self.assertEqual(good.stage_id, self.month(3))
        states = {line.lead_id.name: line.state for line in record.line_ids}
        self.assertEqual(states, {"Good": "done", "Closed": "blocked"})

    def test_one_deal(self):
        deal = self.make_deal()
        context = deal.action_funnel_defer()["context"]
        for day, refused in (("2026-11-30", True), ("2027-03-31", False)):
            dialog = Form(self.env["funnel.defer"].with_user(self.salesperson).with_context(**context))
            self.assertFalse(dialog.message)
            dialog.deferral_date, dialog.deferral_reason = day, "Holidays"
            self.assertEqual("too near" in (dialog.message or ""), refused)
            if refused:
                with self.assertRaisesRegex(ValidationError, "too near"):
                    dialog.save().action_apply()
        dialog.save().action_apply()
        self.assertEqual(deal.stage_id, self.month(3))

    def test_a_new_date_keeps_the_reason(self):
        deal = self.defer()
        dialog = Form(
            self.env["funnel.defer"].with_user(self.salesperson).with_context(**deal.action_funnel_defer()["context"])
        )
        self.assertEqual(dialog.deferral_reason, deal.deferral_reason)
        dialog.deferral_date = "2027-05-31"
        dialog.save().action_apply()
        self.assertEqual(deal.stage_id, self.month(5))

    def test_resuming_asks_for_what_the_stage_needs(self):
        self.demand(self.measurement, "city")
        deal = self.make_deal(city="Perm")
        deal.stage_id = self.measurement
        deal.funnel_defer("2027-03-31", "Holidays")
        deal.city = False
        context = deal.action_funnel_resume()["context"]
        dialog = Form(self.env["funnel.resume"].with_user(self.salesperson).with_context(**context))
        self.assertEqual((dialog.stage_id, dialog.team_id), (self.measurement, self.deals))
        self.assertEqual(dialog.missing_fields, ["city"])
        dialog.missing_values = {"city": "Omsk"}
        dialog.save().action_apply()
        self.assertEqual((deal.stage_id, deal.city), (self.measurement, "Omsk"))
        self.assertEqual(len(deal.activity_ids), 1)

    def test_the_list_of_the_deferred_funnel_does_not_decide_where_its_deals_go(self):
        deals = self.defer() | self.defer()
        context = {"active_model": "crm.lead", "active_ids": deals.ids, "default_team_id": self.later.id}
        dialog = Form(self.env["funnel.resume"].with_user(self.salesperson).with_context(**context))
        self.assertEqual(dialog.team_id, self.deals)

    def test_several_deals_go_each_to_its_own_stage(self):
        deals = self.defer(stage_id=self.contract.id) | self.defer()
        dialog = Form(self.env["funnel.resume"].with_user(self.salesperson).with_context(default_lead_ids=deals.ids))
        self.assertFalse(dialog.stage_id)
        record = dialog.save()
        record.action_apply()
        self.assertEqual(deals.mapped("stage_id"), self.contract | self.estimate)
        self.assertEqual(record.line_ids.mapped("state"), ["done", "done"])


class TestCost(DeferralCase):
    def queries(self, operation, leads):
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        operation(leads)
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def assert_constant(self, operation, prepare):
        def measure(count):
            leads = self.make_leads(self.deals, count, user_id=self.salesperson.id)
            leads = self.as_salesperson(leads).with_context(tracking_disable=True)
            prepare(leads)
            return self.queries(operation, leads)

        measure(2)
        few, many = measure(2), measure(60)
        self.assertLess((many - few) / 58, 0.05, f"{few} queries for 2 leads, {many} for 60")

    def test_many_at_once(self):
        self.measurement.is_irreversible = True
        self.make_task(self.estimate)
        call = self.env.ref("mail.mail_activity_data_call")

        def defer(leads):
            leads.funnel_defer("2027-03-31", "Holidays")

        def defer_each(leads):  # each for a reason of its own
            for lead in leads:
                lead.funnel_defer("2027-03-31", f"Holidays of {lead.id}")

        self.assert_constant(defer, lambda leads: None)
        self.assert_constant(lambda leads: leads.write({"deferral_date": "2027-04-30"}), defer_each)
        self.assert_constant(lambda leads: leads.funnel_resume(activity_type_id=call.id), defer)
        self.assert_constant(lambda leads: leads._describe_deferral(date(2027, 3, 31), "x"), lambda leads: None)
        self.assert_constant(lambda leads: leads._describe_resumption(self.contract.id), defer)
        names = ["deferral_stage_id", "deferral_team_id", "deferral_days_left", "funnel_can_defer"]
        self.assert_constant(lambda leads: leads.read(names), defer)


class TestRandomLives(DeferralCase):
    """Whatever people do in whatever order, the calendar, the points of no return and the end of a deal hold."""

    LIVES, STEPS = 40, 14

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.measurement.is_irreversible = True
        cls.controller = new_test_user(cls.env, "controller", f"{ADDON}.group_funnel_quality_controller")
        cls.cause = cls.env["funnel.refusal.cause"].create({"name": "No follow-up"})
        cls.make_task(cls.estimate, mandatory=False, activity_type_id=cls.env.ref("mail.mail_activity_data_call").id)
        for stage in (cls.estimate, cls.month(cls, 3)):
            cls.env["funnel.reminder"].create(
                {
                    "name": "Act",
                    "stage_id": stage.id,
                    "role_ids": [Command.link(cls.make_role("Boss", source="head").id)],
                }
            )

    def test_what_always_holds(self):
        done = 0
        for seed in range(self.LIVES):
            dice = random.Random(seed)
            moment = NOW + timedelta(days=dice.randrange(400), hours=dice.randrange(24))
            with self.at(moment):
                deal = self.make_deal(name=f"Life {seed}").with_context(tracking_disable=True)
            furthest = 0
            for _step in range(self.STEPS):
                moment += timedelta(days=dice.randrange(60), minutes=dice.randrange(1440))
                with self.at(moment):
                    action, was_lost = dice.choice(self.actions(dice, moment)), deal.won_status == "lost"
                    with contextlib.suppress(UserError), self.env.cr.savepoint():
                        merged = action(deal)
                        self.env.flush_all()
                        done += 1
                        if isinstance(merged, type(deal)):
                            # what was closed before has not come as far as what goes on in its place
                            furthest = 0 if merged != deal and was_lost else furthest
                            deal = merged
                    self.env.invalidate_all()
                    furthest = self.check(deal, furthest, seed)
        self.assertGreater(done, self.LIVES * self.STEPS / 4, "most actions were refused: this proves nothing")

    def actions(self, dice, moment):
        day = (moment + timedelta(days=dice.choice([-5, 0, 31, 33, 34, 60, 200, 365, 800]))).date()
        stage = dice.choice([*self.deals.stage_ids, *self.later.stage_ids])
        reason = dice.choice([self.price, self.gone])
        return [
            lambda deal: deal.funnel_defer(day, "Holidays"),
            lambda deal: deal.funnel_defer(day, "Holidays"),
            lambda deal: deal.write({"deferral_date": day}),
            lambda deal: deal.write({"deferral_date": day, "stage_id": stage.id}),
            lambda deal: deal.write({"team_id": self.later.id, "deferral_date": day, "deferral_reason": "By hand"}),
            lambda deal: deal.write({"team_id": self.deals.id}),
            lambda deal: deal.write({"team_id": self.deals.id, "stage_id": stage.id}),
            lambda deal: deal.funnel_resume(),
            lambda deal: deal.funnel_resume(stage.id),
            lambda deal: deal.action_set_lost(lost_reason_id=reason.id),
            lambda deal: deal.action_unarchive(),
            lambda deal: deal.action_archive() and None,
            lambda deal: deal.action_restore() and None,
            lambda deal: deal.write({"active": dice.random() < 0.5}),
            lambda deal: self.merge(deal, dice),
            lambda deal: self.merge(deal, dice),
            lambda deal: self.give_back(deal, dice.choice([False, stage.id])),
            lambda deal: self.planned(deal).with_user(self.salesperson).write({"date_deadline": day}),
            lambda deal: self.duplicate(deal),
            lambda deal: deal.write({"stage_id": stage.id}),
            lambda deal: deal.write({"deferral_date": False}),
            lambda deal: deal.activity_ids.action_done(),
        ]

    def merge(self, deal, dice):
        """Merge the deal with another one that is open, deferred or lost; return the one that is left."""
        other = self.make_deal(stage_id=dice.choice([self.estimate, self.contract]).id)
        fate = dice.randrange(3)
        if fate == 1:
            other.funnel_defer((self.env.cr.now() + timedelta(days=90)).date(), "Holidays")
        elif fate == 2:
            other.action_set_lost(lost_reason_id=self.price.id)
        team_id = dice.choice([False, False, self.deals.id, self.later.id])
        merged = (deal | other).with_user(self.manager).merge_opportunity(team_id=team_id)
        return merged.with_user(self.salesperson).with_context(deal.env.context)

    def give_back(self, deal, stage_id):
        """Return the deal by quality control."""
        reviews = deal.sudo().funnel_refusal_ids.filtered(lambda review: review.state == "to_check")
        reviews.with_user(self.controller).action_return(self.cause.id, "Call him", stage_id)

    def duplicate(self, deal):
        """Copy the deal, and look at the copy, which has been nowhere yet; of a lost one nobody reviews the loss."""
        copy = deal.copy()
        if copy.won_status != "lost":
            self.check(copy, 0, "copy")

    def check(self, deal, furthest, seed):
        """Assert what always holds; return the furthest position of the deal in its sales funnel."""
        told = f"seed {seed}: {deal.funnel_move_ids.sorted('id').mapped('kind')}"
        deal = deal.sudo()
        activities = deal.activity_ids.filtered("active")
        if deal.team_id == self.later:
            self.assertEqual(deal.stage_id.deferral_month, deal.deferral_date.month, told)
            self.assertTrue(deal.deferral_reason, told)
        else:
            self.assertFalse(deal.deferral_date or deal.deferral_reason, told)
            position = self.deals.stage_ids.sorted("sequence").ids.index(deal.stage_id.id)
            self.assertFalse(furthest >= 1 and position < 1, told)
            furthest = max(furthest, position)
            self.assertFalse(activities.filtered("funnel_is_deferral"), told)
        own = activities.filtered("funnel_is_deferral")
        self.assertLessEqual(len(own), 1, told)
        self.assertLessEqual(set(own.mapped("date_deadline")), {deal.deferral_date}, told)
        if deal.won_status != "pending" or not deal.active:
            self.assertFalse(deal.funnel_timer_ids.filtered(lambda timer: timer.state == "armed"), told)
            self.assertFalse(deal.funnel_task_ids.filtered(lambda task: task.state in OPEN_STATES), told)
            self.assertFalse(own | activities.filtered("funnel_task_id"), told)
        waiting = deal.funnel_refusal_ids.filtered(lambda review: review.state == "to_check")
        self.assertEqual(len(waiting), int(deal.won_status == "lost"), told)
        self.assertEqual(waiting.lost_reason_id, deal.lost_reason_id, told)
        return furthest


class TestPreset(PresetReminderCase):
    """Deferred demand as it comes with the preset: the day after the date the head of sales is told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deferred = cls.env.ref(f"{ADDON}.funnel_deferred")
        cls.deferred.write({"user_id": cls.head.id, "resource_calendar_id": cls.funnel.resource_calendar_id.id})
        cls.funnel = cls.env.ref(f"{ADDON}.funnel_deals")

    def wait(self, day):
        """Return a deal that has been deferred until a day since January."""
        with self.at(datetime(2026, 1, 12, 9, 0)):
            deal = self.as_salesperson(self.new_lead())
            deal.funnel_defer(day, "Купят мебель после ремонта")
        return deal

    def test_deals_defer_into_deferred_demand(self):
        self.assertEqual((self.funnel.deferred_team_id, self.funnel.deferral_min_days), (self.deferred, 32))
        self.assertEqual(self.deferred.stage_ids.mapped("reminder_count"), [1] * 12)
        crossings = {crossing["kind"]: crossing for crossing in self.funnel.funnel_get_map()["crossings"]}
        self.assertEqual(crossings["defer"]["to_funnel_id"], self.deferred.id)
        self.assertEqual(crossings["resume"]["to_funnel_id"], self.funnel.id)
        views = self.deferred.funnel_action_id.view_ids.view_id
        self.assertIn(self.env.ref(f"{ADDON}.crm_lead_view_kanban_funnel_deferred"), views)

    def test_the_head_is_told_on_the_next_working_day(self):
        deal = self.wait("2026-03-06")  # a Friday
        told = self.watch((5, 12), (6, 12), (6, 23), (7, 12), (9, 8, 59), (9, 9, 0), (9, 9, 1), (10, 12))
        self.assertEqual(told, {(9, 9, 0): [("Head", "Nobody has taken up the deferred deal: Кухня")]})
        self.assertTrue(deal.funnel_escalation)

    def test_whoever_acts_is_left_in_peace(self):
        redated, resumed, lost = (self.wait("2026-03-06") for _number in range(3))
        with self.at(self.moscow(6, 15)):
            redated.deferral_date = "2026-05-06"
            resumed.funnel_resume()
            lost.action_set_lost(lost_reason_id=self.env.ref(f"{ADDON}.reason_changed_mind").id)
        told = self.watch((9, 9, 0), (10, 12))
        self.assertNotIn("deferred deal", str(told))
