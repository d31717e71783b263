"""The card of a deal: choices, addresses, what a contact and a merged deal take over."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .common import FunnelCase


class CardCase(FunnelCase):
    @classmethod
    def make_option(cls, kind, name, *teams):
        return cls.env["funnel.option"].create(
            {"kind": kind, "name": name, "team_ids": [Command.set([team.id for team in teams])]}
        )


class TestOptions(CardCase):
    def test_a_choice_stands_in_its_own_list_only(self):
        kitchen = self.make_option("product_type", "Kitchen")
        deal = self.make_deal(product_type_id=kitchen.id)
        with self.assertRaisesRegex(ValidationError, "“Kitchen” is no choice for “Deal Type”"):
            deal.deal_type_id = kitchen
        with self.assertRaisesRegex(ValidationError, "“Kitchen” is no choice for “Key Needs”"):
            deal.key_need_ids = kitchen
        with self.assertRaisesRegex(ValidationError, "“Kitchen” is no choice for “Kind of Customer”"):
            self.env["res.partner"].create({"name": "Ivan", "customer_kind_id": kitchen.id})

    def test_a_choice_that_was_made_is_archived_not_deleted(self):
        kitchen, table = self.make_option("product_type", "Kitchen"), self.make_option("product_type", "Table")
        quiet = self.make_option("key_need", "Quiet")
        deal = self.make_deal(product_type_id=kitchen.id, key_need_ids=quiet.ids)
        deal.action_set_lost(lost_reason_id=self.price.id)  # a lost deal counts as well
        for used in (kitchen, quiet):
            with self.assertRaisesRegex(UserError, f"“{used.name}” is chosen on cards"):
                (used | table).with_user(self.manager).unlink()
            with self.assertRaisesRegex(UserError, f"“{used.name}” is chosen on cards"):
                used.with_user(self.manager).kind = "deal_type"
        table.with_user(self.manager).kind = "deal_type"
        table.with_user(self.manager).unlink()
        kitchen.active = False
        self.assertEqual(deal.product_type_id, kitchen)

    def test_only_managers_write_choices_and_everybody_inside_reads_them(self):
        kitchen = self.make_option("product_type", "Kitchen")
        clerk = new_test_user(self.env, "clerk", "base.group_user")
        portal = new_test_user(self.env, "client", "base.group_portal")
        for user in (self.salesperson, self.head, clerk):
            self.assertEqual(kitchen.with_user(user).name, "Kitchen")
            with self.assertRaises(AccessError):
                kitchen.with_user(user).name = "Table"
        kitchen.invalidate_recordset()
        with self.assertRaises(AccessError):
            kitchen.with_user(portal).read(["name"])

    def test_choices_of_a_funnel_of_another_company_stay_unseen(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.deals.write({"company_id": company.id, "user_id": False})
        option = self.make_option("product_type", "Kitchen", self.deals)
        self.assertFalse(self.as_salesperson(option).search([("id", "=", option.id)]))
        self.salesperson.company_ids += company
        in_both = self.as_salesperson(option).with_context(allowed_company_ids=self.salesperson.company_ids.ids)
        self.assertTrue(in_both.search([("id", "=", option.id)]))

    def test_an_import_finds_a_choice_in_the_list_of_its_field(self):
        kinds = ("deal_type", "product_type", "key_need")
        deal_type, product_type, need = [self.make_option(kind, "Other") for kind in kinds]
        deal = self.make_deal()
        names = [".id", "product_type_id", "key_need_ids", "deal_type_id"]
        Lead = self.env["crm.lead"].with_user(self.salesperson)
        result = Lead.load(names, [[str(deal.id), "Other", "Other", "Other"]])
        self.assertFalse(result["messages"])
        self.assertEqual((deal.product_type_id, deal.key_need_ids, deal.deal_type_id), (product_type, need, deal_type))

    def test_dialogs_offer_the_choices_of_the_list_and_of_the_funnel(self):
        kitchen, table = (
            self.make_option("product_type", name, team) for name, team in (("A", self.deals), ("B", self.leads))
        )
        everywhere, need = self.make_option("product_type", "C"), self.make_option("key_need", "D")
        self.demand(self.measurement, "product_type_id", "key_need_ids")
        verdict = self.make_deal().funnel_check_move(self.measurement.id)
        domains = {item["name"]: item["domain"] for item in verdict["missing_fields"]}
        made = kitchen | table | everywhere | need
        for name, offered in (("product_type_id", kitchen | everywhere), ("key_need_ids", need)):
            self.assertEqual(made.search(domains[name]) & made, offered)


class TestFacts(CardCase):
    def test_the_address_of_a_visit_is_one_line(self):
        deal = self.make_deal(city="Perm", street="Lenina", address_house="7", address_flat="12", freight_lift="no")
        self.assertEqual(deal.visit_address, "Perm, Lenina, house 7, flat 12, no freight lift")
        deal.write({"address_entrance": "2", "address_floor": "5", "address_intercom": "12K", "freight_lift": "yes"})
        self.assertEqual(
            deal.visit_address, "Perm, Lenina, house 7, flat 12, entrance 2, floor 5, intercom 12K, freight lift"
        )
        self.assertFalse(self.make_deal().visit_address)

    def test_what_the_card_needs_of_stock_fields_stays_theirs(self):
        stock = self.env["crm.lead"].fields_get(["company_currency"])["company_currency"]
        self.assertEqual((stock["string"], stock["readonly"]), ("Currency", True))
        self.assertEqual(self.make_deal().company_currency, self.env.company.currency_id)

    def test_amounts_and_discounts_make_sense(self):
        deal = self.make_deal()
        for name, value in (
            ("preliminary_amount", -1),
            ("preliminary_discount", 101),
            ("offered_discount", -5),
            ("contract_discount", 100.5),
        ):
            with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError, msg=name):
                deal.write({name: value})
                deal.flush_recordset()

    def test_a_new_contact_takes_over_what_kind_of_customer_it_is(self):
        kind = self.make_option("customer_kind", "End customer")
        supply = self.make_option("supply_preference", "Imported")
        lead = self.make_leads(
            self.leads, contact_name="Ivan", customer_kind_id=kind.id, supply_preference_id=supply.id
        )
        lead.convert_opportunity(self.env["res.partner"])
        lead._handle_partner_assignment()
        self.assertEqual((lead.partner_id.customer_kind_id, lead.partner_id.supply_preference_id), (kind, supply))

    def test_a_copy_is_a_new_deal_of_the_same_client(self):
        kitchen = self.make_option("product_type", "Kitchen")
        deal = self.make_deal(
            product_type_id=kitchen.id,
            address_house="7",
            contract_number="12",
            preliminary_amount=5,
            photo_allowed="no",
        )
        copied = deal.copy()
        self.assertEqual((copied.product_type_id, copied.address_house), (kitchen, "7"))
        self.assertFalse(copied.contract_number or copied.preliminary_amount or copied.photo_allowed)

    def test_a_merge_keeps_the_card(self):
        quiet, cheap = self.make_option("key_need", "Quiet"), self.make_option("key_need", "Cheap")
        values = {"key_need_ids": quiet.ids, "contract_number": "12", "address_house": "7", "street": "Lenina"}
        first = self.make_leads(self.deals, user_id=self.salesperson.id, price_needs="Below 100")
        first.key_need_ids = cheap
        second = self.make_leads(self.deals, user_id=self.salesperson.id, address_flat="1", **values)
        merged = (first | second).merge_opportunity(team_id=self.deals.id)
        self.assertEqual(merged.key_need_ids, quiet | cheap)
        self.assertEqual((merged.contract_number, merged.price_needs), ("12", "Below 100"))
        self.assertEqual(merged.visit_address, "Lenina, house 7, flat 1")
