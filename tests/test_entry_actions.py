"""Server actions that a stage runs on the leads that come into it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import requests
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user
from odoo.tests.common import TransactionCase

from .common import ADDON, FunnelCase


class Receiver(BaseHTTPRequestHandler):
    """A system outside that takes webhooks."""

    def do_POST(self):
        self.server.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *args):
        pass


class TestEntryActions(FunnelCase):
    def on_entry(self, stage, code=None, **values):
        """Have a stage run an action on its leads; return the action."""
        values = {"state": "code", "code": code, **values} if code else values
        action = self.env["ir.actions.server"].create(
            {"name": "On entry", "model_id": self.env["ir.model"]._get_id("crm.lead"), **values}
        )
        stage.entry_action_ids += action
        return action

    # ------------------------------------------------------------
    # WHEN
    # ------------------------------------------------------------

    def test_it_runs_once_for_all_leads_that_come_in(self):
        self.on_entry(self.measurement, "env['crm.tag'].create({'name': 'x'.join(records.mapped('name'))})")
        deals = self.make_leads(self.deals, 3)
        deals.stage_id = self.measurement
        self.assertTrue(self.env["crm.tag"].search([("name", "=", "Lead 0xLead 1xLead 2")]))

    def test_it_runs_for_leads_that_are_created_in_the_stage_converted_to_it_or_won(self):
        self.on_entry(self.estimate, "records.write({'city': 'Perm'})")
        self.on_entry(self.done, "records.write({'street': 'Lenina'})")
        deal = self.make_deal()
        lead = self.make_leads(self.leads)
        lead.convert_opportunity(self.env["res.partner"])
        deal.action_set_won()
        self.assertEqual((deal.city, lead.city, deal.street), ("Perm", "Perm", "Lenina"))

    def test_it_does_not_run_for_those_that_are_there_that_leave_or_that_are_lost(self):
        deals = self.make_leads(self.deals, 3)
        self.on_entry(self.estimate, "records.write({'city': 'Perm'})")
        deals[0].stage_id = self.measurement
        deals[1].action_set_lost(lost_reason_id=self.price.id)
        deals[2].write({"stage_id": self.estimate.id, "name": "Still here"})
        self.assertEqual(deals.mapped("city"), [False] * 3)

    def test_a_stock_team_has_none(self):
        stage = self.env["crm.stage"].create({"name": "Anywhere"})
        self.on_entry(stage, "records.write({'city': 'Perm'})")
        lead = self.env["crm.lead"].create({"name": "Chair", "team_id": False, "stage_id": stage.id})
        self.assertFalse(lead.city)

    def test_a_refused_move_runs_nothing(self):
        self.demand(self.measurement, "city")
        self.on_entry(self.measurement, "records.write({'street': 'Lenina'})")
        deal = self.make_deal()
        with self.assertRaisesRegex(ValidationError, "City"):
            deal.stage_id = self.measurement
        self.assertFalse(deal.street)

    def test_leads_that_are_sent_round_in_a_circle_meet_each_action_once(self):
        self.on_entry(self.measurement, f"records.write({{'stage_id': {self.estimate.id}, 'color': record.color + 1}})")
        self.on_entry(self.estimate, f"records.write({{'stage_id': {self.measurement.id}, 'color': record.color + 1}})")
        deal = self.make_leads(self.deals, color=0)
        self.assertEqual((deal.stage_id, deal.color), (self.estimate, 2))

    def test_what_an_action_does_passes_the_gate(self):
        self.demand(self.contract, "city")
        self.on_entry(self.measurement, f"records.write({{'stage_id': {self.contract.id}}})")
        deal = self.make_deal()
        with self.assertRaisesRegex(ValidationError, "City"):
            deal.stage_id = self.measurement

    def test_the_queries_do_not_grow_with_the_leads(self):
        self.on_entry(self.measurement, "records.write({'city': 'Perm'})")

        def queries(count):
            deals = self.make_leads(self.deals, count).with_context(tracking_disable=True)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            deals.stage_id = self.measurement
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        queries(2)
        self.assertLess(queries(60) - queries(2), 4)

    # ------------------------------------------------------------
    # WHO
    # ------------------------------------------------------------

    def test_it_has_the_rights_of_the_system_in_the_name_of_whoever_moves(self):
        self.on_entry(self.measurement, "env['crm.tag'].create({'name': 'By %s' % env.user.name})")
        self.make_deal().write({"stage_id": self.measurement.id})
        self.assertTrue(self.env["crm.tag"].search([("name", "=", "By Anna")]))

    def test_only_an_administrator_chooses_them(self):
        action = self.on_entry(self.contract, "records.write({'city': 'Perm'})")
        Stage = self.env["crm.stage"].with_user(self.manager)
        for attack in (
            lambda: Stage.browse(self.measurement.id).write({"entry_action_ids": [Command.link(action.id)]}),
            lambda: Stage.create({"name": "Mine", "entry_action_ids": [Command.link(action.id)]}),
            lambda: Stage.browse(self.contract.id).entry_action_ids,
            lambda: Stage.with_context(default_entry_action_ids=[Command.link(action.id)]).create({"name": "Mine"}),
        ):
            with self.assertRaises(AccessError):
                attack()
        administrator = new_test_user(self.env, "entry_admin", "base.group_system,sales_team.group_sale_manager")
        self.measurement.with_user(administrator).entry_action_ids = action
        self.assertEqual(self.measurement.entry_action_ids, action)

    def test_a_manager_still_edits_and_duplicates_a_stage_that_has_some(self):
        self.on_entry(self.measurement, "records.write({'city': 'Perm'})")
        stage = self.measurement.with_user(self.manager)
        stage.name = "Visit"
        self.assertEqual(stage.copy().team_ids, self.deals)
        self.make_deal().write({"stage_id": self.measurement.id})

    def test_a_client_cannot_switch_them_off_or_change_what_they_do(self):
        self.on_entry(self.measurement, "env['crm.tag'].create({'name': 'Seen', 'color': 3})")
        deal = self.make_deal()
        forged = {"funnel_entry_run": {"entries": [[deal.id, self.measurement.id]]}, "default_color": 7}
        deal.with_context(**forged).write({"stage_id": self.measurement.id})
        self.assertEqual(self.env["crm.tag"].search([("name", "=", "Seen")]).color, 3)

    # ------------------------------------------------------------
    # FAILURES
    # ------------------------------------------------------------

    def test_an_action_that_fails_takes_the_move_back_and_is_named(self):
        self.on_entry(self.measurement, "records.write({'city': 'Perm'}); 1 / 0")
        deal = self.make_deal()
        with self.assertRaisesRegex(UserError, "“On entry” on entering the stage “Measurement” failed"):
            deal.stage_id = self.measurement
        self.env.invalidate_all()
        self.assertEqual((deal.stage_id, deal.city), (self.estimate, False))

    def test_what_an_action_says_is_what_people_read(self):
        self.on_entry(self.measurement, "raise UserError('The warehouse is closed')")
        with self.assertRaisesRegex(UserError, "^The warehouse is closed$"):
            self.make_deal().stage_id = self.measurement

    def test_an_action_that_was_deleted_is_forgotten(self):
        self.on_entry(self.measurement, "records.write({'city': 'Perm'})").unlink()
        deal = self.make_deal()
        deal.stage_id = self.measurement
        self.assertFalse(deal.city)

    def test_an_action_that_deletes_the_leads_leaves_nothing_to_the_next(self):
        self.on_entry(self.measurement, "records.unlink()", sequence=1)
        self.on_entry(self.measurement, "env['crm.tag'].create({'name': 'Left: %s' % len(records)})", sequence=2)
        deal = self.make_leads(self.deals)
        deal.stage_id = self.measurement
        self.assertFalse(deal.exists())

    def test_an_action_for_something_else_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "not made for leads"):
            self.on_entry(self.measurement, "pass", model_id=self.env["ir.model"]._get_id("res.partner"))

    # ------------------------------------------------------------
    # WEBHOOKS
    # ------------------------------------------------------------

    def receive(self, status=200):
        """Start a system that takes webhooks; return it."""
        self.patch(TransactionCase, "_request_handler", classmethod(lambda cls, s, r, /, **kw: _send(s, r, **kw)))
        receiver = HTTPServer(("127.0.0.1", 0), Receiver)
        receiver.received, receiver.status = [], status
        thread = threading.Thread(target=receiver.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(receiver.server_close)
        self.addCleanup(receiver.shutdown)
        return receiver

    def call(self, stage, receiver, *names):
        lead_fields = [self.env["ir.model.fields"]._get("crm.lead", name).id for name in names]
        url = f"http://127.0.0.1:{receiver.server_port}/deals"
        self.on_entry(stage, state="webhook", webhook_url=url, webhook_field_ids=[Command.set(lead_fields)])

    def test_a_webhook_tells_another_system_of_every_lead(self):
        receiver = self.receive()
        self.call(self.measurement, receiver, "name", "city")
        deals = self.as_salesperson(self.make_leads(self.deals, 2, user_id=self.salesperson.id, city="Perm"))
        deals.write({"stage_id": self.measurement.id})
        self.assertEqual(receiver.received, [], "nothing leaves before the move is safe")
        self.env.cr.postcommit.run()
        told = [(item["_model"], item["id"], item["name"], item["city"]) for item in receiver.received]
        self.assertEqual(told, [("crm.lead", deal.id, deal.name, "Perm") for deal in deals])

    def test_the_example_of_the_preset_tells_accounting_what_the_ledger_says(self):
        self.env.ref(f"{ADDON}.preset_furniture").action_load()
        example = self.env.ref(f"{ADDON}.action_furniture_accounting")
        self.assertFalse(
            self.env["crm.stage"].search([("entry_action_ids", "in", example.ids)]), "nothing is sent unasked"
        )
        receiver = self.receive()
        example.webhook_url = f"http://127.0.0.1:{receiver.server_port}/deals"
        self.measurement.entry_action_ids = example
        deal = self.make_deal(ledger_reference="L-7", ledger_date="2026-03-02", ledger_amount=100)
        deal.stage_id = self.measurement
        self.env.cr.postcommit.run()
        [told] = receiver.received
        self.assertEqual((told["name"], told["ledger_reference"]), (deal.name, "L-7"))
        self.assertEqual((told["ledger_date"], told["ledger_amount"]), ("2026-03-02", 100))

    def test_a_webhook_that_fails_does_not_lose_the_move(self):
        receiver = self.receive(status=500)
        self.call(self.measurement, receiver, "name")
        deal = self.make_deal()
        deal.write({"stage_id": self.measurement.id})
        with self.assertLogs("odoo.addons.base.models.ir_actions", "WARNING"):
            self.env.cr.postcommit.run()
        self.assertEqual((deal.stage_id, len(receiver.received)), (self.measurement, 1))


def _send(session, request, **options):
    """Let requests through to this machine; Odoo's tests block them all."""
    return requests.adapters.HTTPAdapter().send(request, timeout=options.get("timeout"))
