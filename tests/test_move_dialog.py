"""The dialog that asks for what a move lacks, in a real Chromium: on the board, in the form and on a phone."""

from collections import Counter
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common import FunnelCase, FunnelFactory

#: Everything by which a client could write leads from the dialog, and the question that comes before.
COUNTED = ("web_save", "funnel_override_move", "funnel_check_move")


class MoveDialogCase(FunnelFactory, HttpCase):
    """A funnel of kitchens with deals of one salesperson, and a head of sales."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.salesperson = new_test_user(cls.env, "tour_anna", "sales_team.group_sale_salesman", name="Anna")
        cls.head = new_test_user(cls.env, "tour_head", "sales_team.group_sale_salesman_all_leads", name="Helen Head")
        cls.deals = cls.make_funnel(
            "Kitchens", "deal", ["Estimate", "Measurement", "Contract", "Done!"], user_id=cls.head.id
        )
        cls.estimate, cls.measurement, cls.contract, cls.done = cls.deals.stage_ids.sorted("sequence")
        cls.deal = cls.make_deal("Oak kitchen")

    @classmethod
    def make_deal(cls, name, **values):
        return cls.make_leads(cls.deals, name=name, user_id=cls.salesperson.id, **values)

    @classmethod
    def make_task(cls, stage, name, **values):
        return cls.env["funnel.task.template"].create({"stage_id": stage.id, "name": name, **values})

    def run_tour(self, name, *, user=None, deal=None):
        """Run a tour on the board of the funnel, or in the form of a deal; return how often each method was called."""
        action = self.deals.funnel_action_id
        url = f"/odoo/action-{action.id}" + (f"/{deal.id}" if deal else "")
        with self.count_calls() as calls:
            self.start_tour(url, f"sales_funnel_{name}", login=(user or self.salesperson).login, timeout=90)
        return calls

    def count_calls(self):
        return CallCounter(self.registry["crm.lead"])

    def assertMoves(self, *stages, deal=None):
        """The deal has gone exactly this way after its creation, and is there now."""
        deal = deal or self.deal
        moves = deal.funnel_move_ids.sorted("id")[1:]
        self.assertEqual([(move.kind, move.to_stage_id.name) for move in moves], list(stages))
        self.assertEqual(deal.stage_id.name, stages[-1][1] if stages else "Estimate")


class CallCounter:
    """Counts the calls of methods of leads that come while it is open."""

    def __init__(self, model_class):
        self.model_class = model_class
        self.calls = Counter()
        self.patches = []

    def __enter__(self):
        for name in COUNTED:
            self.patches.append(patch.object(self.model_class, name, self._wrap(name)))
            self.patches[-1].start()
        return self.calls

    def __exit__(self, *_exception):
        for active in self.patches:
            active.stop()

    def _wrap(self, name):
        original = getattr(self.model_class, name)

        def counted(leads, *args, **kwargs):
            self.calls[name] += 1
            return original(leads, *args, **kwargs)

        # how the dispatcher treats a call is written on the function
        counted.__dict__.update(original.__dict__)
        counted.__name__ = name
        return counted


@tagged("post_install", "-at_install")
class TestMoveDialogOnBoard(MoveDialogCase):
    def test_missing_fields_are_saved_with_the_move_in_one_write(self):
        self.demand(self.measurement, "city", "contact_name")
        calls = self.run_tour("move_save")
        self.assertMoves(("moved", "Measurement"))
        self.assertEqual((self.deal.city, self.deal.contact_name), ("Perm", "Ivan"))
        self.assertEqual(calls, {"funnel_check_move": 1, "web_save": 1})

    def test_cancel_leaves_the_card_at_its_place(self):
        self.deal.priority = "1"
        self.make_deal("Pine kitchen", priority="3")
        self.make_deal("Birch kitchen", priority="2")
        self.demand(self.measurement, "city")
        calls = self.run_tour("move_cancel")
        self.assertMoves()
        self.assertFalse(self.deal.city)
        self.assertEqual(calls, {"funnel_check_move": 1})

    def test_what_the_server_refuses_stays_in_the_dialog(self):
        revenue = self.env["ir.model.fields"]._get("crm.lead", "expected_revenue")
        self.demand_condition(
            self.measurement,
            "[('expected_revenue', '>=', 1000)]",
            "Measuring pays from 1000 on",
            field_ids=[Command.set(revenue.ids)],
        )
        self.demand(self.measurement, "phone", "email_from", any_field=True)
        self.run_tour("move_refused")
        self.assertMoves(("moved", "Measurement"))
        self.assertEqual((self.deal.expected_revenue, self.deal.phone), (2000, "+79123456789"))

    def test_files_are_added_in_the_dialog_together_with_the_move(self):
        sheet = self.env["funnel.document.kind"].create({"name": "Sheet", "team_ids": [Command.link(self.deals.id)]})
        self.demand_kind(self.measurement, "attachments", document_kind_id=sheet.id)
        self.demand_kind(self.measurement, "attachments", minimum=2)
        calls = self.run_tour("move_files")
        self.assertMoves(("moved", "Measurement"))
        self.assertEqual(calls, {"funnel_check_move": 1, "web_save": 2})
        [document] = self.deal.funnel_document_ids
        facts = document.kind_id, document.version, document.name, document.user_id
        self.assertEqual(facts, (sheet, 1, "a.pdf", self.salesperson))
        files = self.env["ir.attachment"].search([("res_model", "=", "crm.lead"), ("res_id", "=", self.deal.id)])
        self.assertEqual(sorted(files.mapped("name")), ["a.pdf", "photo.pdf"], "none of them twice")

    def test_files_are_not_uploaded_before_the_dialog_is_saved(self):
        self.demand_kind(self.measurement, "attachments")
        self.run_tour("move_files_cancel")
        self.assertMoves()
        self.assertFalse(
            self.env["ir.attachment"].search_count([("res_id", "=", self.deal.id), ("res_model", "=", "crm.lead")])
        )

    def test_questions_are_answered_in_the_dialog(self):
        self.deals.lead_properties_definition = [
            {"name": "layout", "type": "selection", "string": "Layout", "selection": [["l", "L-shaped"], ["u", "U"]]},
            {"name": "wishes", "type": "char", "string": "Wishes"},
            {"name": "rooms", "type": "integer", "string": "Rooms"},
        ]
        self.deal.lead_properties = {"rooms": 3}
        self.env["funnel.requirement"].create(
            {"stage_id": self.measurement.id, "property_names": ["layout", "wishes"], "any_field": False}
        )
        self.env["funnel.transition"].create(
            {"from_stage_id": self.estimate.id, "to_stage_id": self.measurement.id, "reason_required": True}
        )
        calls = self.run_tour("move_questions")
        self.assertMoves(("moved", "Measurement"))
        self.assertEqual(self.deal.funnel_move_ids.sorted("id")[-1].reason, "They called back")
        self.assertEqual(dict(self.deal.lead_properties), {"layout": "U", "wishes": "White", "rooms": 3})
        self.assertEqual(calls["web_save"], 2, "one that was refused, one that was not")

    def test_tasks_are_done_and_the_deal_is_won_with_a_rainbow(self):
        # of stages that the deal has never been in, too: it has no such tasks yet
        call = self.make_task(self.estimate, "Call the client")
        agree = self.make_task(self.contract, "Agree on the price")
        others = self.env["funnel.role"].create({"name": "Fitter", "source": "head"})
        self.make_task(self.measurement, "Check the walls", role_id=others.id, mandatory=False)
        calls = self.run_tour("move_won")
        self.assertMoves(("won", "Done"))
        states = {task.template_id: task.state for task in self.deal.funnel_task_ids}
        self.assertEqual((states[call], states[agree]), ("done", "done"))
        self.assertEqual(calls, {"funnel_check_move": 1, "web_save": 1})

    def test_won_button_asks_as_the_board_does(self):
        self.demand(self.contract, "city", moment="leave")
        self.run_tour("move_won_button", deal=self.deal)
        self.assertMoves(("won", "Done"))
        self.assertEqual(self.deal.city, "Perm")

    def test_what_opens_a_way_is_filled_in_where_it_is_closed(self):
        self.demand(self.estimate, "city", moment="leave")
        way = {"from_stage_id": self.estimate.id, "to_stage_id": self.measurement.id}
        self.env["funnel.transition"].create({**way, "condition": "[('city', '=', 'Perm')]", "message": "Only in Perm"})
        self.run_tour("move_try_again")
        self.assertMoves()
        self.assertEqual(self.deal.city, "Tula", "what was filled in is kept")
        self.deal.city = False
        self.run_tour("move_tried_again")
        self.assertMoves(("moved", "Measurement"))

    def test_approval_is_asked_for_and_lets_the_card_move(self):
        role = self.env["funnel.role"].create({"name": "Boss", "source": "head"})
        self.make_task(self.estimate, "Discount", kind="approval", role_id=role.id)
        self.demand(self.measurement, "city")
        self.run_tour("move_request")
        self.assertMoves()
        self.assertEqual(self.deal.city, "Perm", "what was filled in is kept")
        self.assertEqual(self.deal.funnel_approval_state, "requested")
        self.deal.funnel_task_ids.with_user(self.head).action_approve()
        self.run_tour("move_plain")
        self.assertMoves(("moved", "Measurement"))

    def test_head_approves_in_the_dialog(self):
        role = self.env["funnel.role"].create({"name": "Boss", "source": "head"})
        self.make_task(self.measurement, "Discount", kind="approval", role_id=role.id)
        self.make_task(self.estimate, "Budget", kind="approval", role_id=role.id)
        calls = self.run_tour("move_approve", user=self.head)
        self.assertMoves(("moved", "Contract"))
        self.assertEqual(set(self.deal.funnel_task_ids.mapped("state")), {"approved"})
        self.assertEqual(calls["web_save"], 2, "one that was refused, one that was not")

    def test_closed_column_is_dimmed_and_says_why(self):
        self.env["funnel.transition"].create({"from_stage_id": self.estimate.id, "to_stage_id": self.measurement.id})
        calls = self.run_tour("move_forbidden")
        self.assertMoves(("moved", "Measurement"))
        self.assertEqual(calls["web_save"], 1)

    def test_head_overrides_with_a_reason(self):
        self.demand(self.contract, "city")
        self.demand(self.contract, "contact_name")
        self.run_tour("move_override", user=self.head)
        self.assertMoves(("override", "Contract"))
        self.assertEqual(self.deal.funnel_move_ids.sorted("id")[-1].reason, "The director knows them")
        self.assertEqual(self.deal.city, "Perm", "what was filled in is kept")

    def test_boards_of_other_teams_are_not_asked(self):
        self.salesperson.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        team = self.env["crm.team"].create({"name": "Stock"})
        stages = self.env["crm.stage"].create([{"name": name, "team_ids": team.ids} for name in ("Red", "Blue")])
        lead = self.env["crm.lead"].create(
            {"name": "Stock deal", "team_id": team.id, "stage_id": stages[0].id, "type": "opportunity"}
        )
        action = self.env["ir.actions.act_window"].create(
            {
                "name": "Stock deals",
                "res_model": "crm.lead",
                "view_mode": "kanban",
                "domain": f"[('team_id', '=', {team.id})]",
                "context": f"{{'default_team_id': {team.id}}}",
                "view_id": self.env.ref("crm.crm_case_kanban_view_leads").id,
            }
        )
        with self.count_calls() as calls:
            self.start_tour(f"/odoo/action-{action.id}", "sales_funnel_move_stock", login=self.salesperson.login)
        self.assertEqual(lead.stage_id, stages[1])
        self.assertEqual(calls, {"web_save": 1})


@tagged("post_install", "-at_install")
class TestMoveDialogInForm(MoveDialogCase):
    def test_status_bar_asks_and_saves_in_one_write(self):
        self.demand(self.measurement, "city")
        self.make_task(self.estimate, "Call the client")
        calls = self.run_tour("move_status_bar", deal=self.deal)
        self.assertMoves(("moved", "Measurement"))
        self.assertEqual((self.deal.city, self.deal.expected_revenue), ("Perm", 5000))
        self.assertEqual(self.deal.funnel_task_ids.state, "done")
        # one for what was typed in the form before the stage was clicked, one for the move
        self.assertEqual(calls, {"funnel_check_move": 2, "web_save": 2})

    def test_head_overrides_from_the_status_bar(self):
        self.env["funnel.transition"].create({"from_stage_id": self.estimate.id, "to_stage_id": self.measurement.id})
        calls = self.run_tour("move_form_override", user=self.head, deal=self.deal)
        self.assertMoves(("override", "Contract"))
        self.assertEqual(calls, {"funnel_check_move": 1, "funnel_override_move": 1})


@tagged("post_install", "-at_install")
class TestMoveDialogOnPhone(MoveDialogCase):
    browser_size = "375x667"
    touch_enabled = True

    def test_dialog_on_a_phone(self):
        self.demand(self.measurement, "city")
        # what the present stage asks for since the deal is there marks the form, yet keeps nobody from going on
        self.demand(self.estimate, "partner_name")
        calls = self.run_tour("move_phone", deal=self.deal)
        self.assertMoves(("moved", "Measurement"))
        self.assertEqual(self.deal.city, "Perm")
        self.assertEqual(calls, {"funnel_check_move": 1, "web_save": 1})


class TestMoveDialogData(FunnelCase):
    """What the dialog gets from the server and what it writes, without a browser."""

    def test_what_is_ticked_is_done_before_the_deal_is_won(self):
        call, agree = self.env["funnel.task.template"].create(
            [
                {"stage_id": self.estimate.id, "name": "Call"},
                {"stage_id": self.contract.id, "name": "Agree"},
            ]
        )
        deal = self.make_deal()
        verdict = deal.funnel_check_move(self.done.id)
        self.assertEqual(
            [(bool(task["id"]), task["can_do"]) for task in verdict["tasks"]], [(True, True), (False, True)]
        )
        deal.write(
            {
                "stage_id": self.done.id,
                "funnel_task_ids": [
                    Command.update(verdict["tasks"][0]["id"], {"state": "done"}),
                    Command.create({"template_id": agree.id, "state": "done"}),
                ],
            }
        )
        self.assertEqual(deal.won_status, "won")
        self.assertEqual({task.template_id: task.state for task in deal.funnel_task_ids}, {call: "done", agree: "done"})

    def test_a_tick_of_somebody_else_is_refused_with_the_whole_move(self):
        role = self.env["funnel.role"].create({"name": "Boss", "source": "head"})
        self.env["funnel.task.template"].create(
            {"stage_id": self.estimate.id, "name": "Discount", "kind": "approval", "role_id": role.id}
        )
        deal = self.make_deal()
        task = deal.funnel_task_ids
        with self.assertRaisesRegex(AccessError, "Discount"):
            deal.write(
                {
                    "city": "Perm",
                    "stage_id": self.contract.id,
                    "funnel_task_ids": [Command.update(task.id, {"state": "approved"})],
                }
            )
        self.assertEqual((deal.city, deal.stage_id, task.state), (False, self.estimate, "open"))

    def test_questions_come_with_their_definitions(self):
        self.deals.lead_properties_definition = [{"name": "layout", "type": "char", "string": "Layout"}]
        self.env["funnel.requirement"].create({"stage_id": self.measurement.id, "property_names": ["layout"]})
        [field] = self.make_deal().funnel_check_move(self.measurement.id)["missing_fields"]
        self.assertEqual((field["name"], field["questions"]), ("lead_properties", ["layout"]))
        self.assertEqual([(item["name"], item["string"]) for item in field["definitions"]], [("layout", "Layout")])

    def test_missing_fields_come_in_the_order_of_the_card(self):
        names = ("street", "city", "contract_date")
        fields = [self.env["ir.model.fields"]._get("crm.lead", name) for name in names]
        lines = [Command.create({"field_id": field.id, "sequence": place}) for place, field in enumerate(fields)]
        self.env["funnel.section"].create(
            {"name": "Place", "sequence": -1, "team_ids": self.deals.ids, "line_ids": lines}
        )
        self.demand(self.measurement, "contract_date")
        self.demand(self.measurement, "city", "phone", "street", message="Where?")
        verdict = self.make_deal().funnel_check_move(self.measurement.id)
        self.assertEqual(
            [field["name"] for field in verdict["missing_fields"]], ["phone", "street", "city", "contract_date"]
        )
        self.assertEqual(verdict["requirements"][1]["field_names"], ["phone", "street", "city"])

    def test_messages_that_repeat_the_labels_are_told_from_the_others(self):
        self.demand(self.measurement, "city")
        self.demand(self.measurement, "phone", message="We have to reach them")
        self.demand(self.measurement, "function", "website", any_field=True)
        requirements = self.make_deal().funnel_check_move(self.measurement.id)["requirements"]
        self.assertEqual([item["speaks_for_itself"] for item in requirements], [True, False, False])
