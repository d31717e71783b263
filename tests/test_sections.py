"""Sections of the card: made of configuration, shown in their own funnels only."""

from lxml import etree
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user
from odoo.tools.safe_eval import safe_eval

from .common import FunnelCase


class TestSections(FunnelCase):
    @classmethod
    def make_section(cls, name, teams, *names):
        fields = [cls.env["ir.model.fields"]._get("crm.lead", field_name) for field_name in names]
        return cls.env["funnel.section"].create(
            {
                "name": name,
                "team_ids": [Command.set(teams.ids)],
                "line_ids": [Command.create({"field_id": field.id, "sequence": i}) for i, field in enumerate(fields)],
            }
        )

    def form(self, lang="en_US", user=None):
        leads = self.env["crm.lead"].with_user(user or self.salesperson).with_context(lang=lang)
        return etree.fromstring(leads.get_view(view_type="form")["arch"])

    def card(self, **kwargs):
        return next(iter(self.form(**kwargs).xpath("//page[@name='funnel_card']")), None)

    def is_shown(self, node, team):
        return not safe_eval(node.get("invisible"), {"team_id": team.id})

    def test_no_sections_no_page(self):
        self.env["funnel.section"].search([]).active = False
        self.assertIsNone(self.card())

    def test_each_funnel_shows_its_own_sections_first(self):
        wish = self.make_section("Wish", self.deals, "general_need_ids", "city")
        both = self.make_section("Source", self.deals | self.leads, "source_id")
        page = self.card()
        self.assertEqual((page.getparent()[0], page.get("autofocus")), (page, "autofocus"))
        groups = {group.get("string"): group for group in page.xpath(".//group[@string]")}
        fields = [node.get("name") for node in groups["Wish"].iter("field")]
        self.assertEqual(fields, ["general_need_ids", "city"])
        stock = self.env["crm.team"].create({"name": "Stock"})
        shown = {
            team.name: [node is not None and self.is_shown(node, team) for node in (page, *map(groups.get, names))]
            for names in [(wish.name, both.name)]
            for team in (self.deals, self.leads, stock)
        }
        self.assertEqual(
            shown, {"Kitchens": [True] * 3, "Requests": [True, False, True], "Stock": [False, False, False]}
        )

    def test_the_form_follows_the_configuration(self):
        section = self.make_section("Wish", self.deals, "price_needs")
        self.assertEqual(len(self.card().xpath(".//field[@name='price_needs']")), 1)
        city = self.env["ir.model.fields"]._get("crm.lead", "city")
        section.line_ids.field_id = city
        names = [node.get("name") for node in self.card().iter("field")]
        self.assertEqual((names.count("price_needs"), names.count("city")), (0, 1))
        section.name = "Where"
        self.assertTrue(self.card().xpath(".//group[@string='Where']"))
        section.line_ids.unlink()
        self.assertFalse(self.card().xpath(".//group[@string='Where']"), "nothing is left to show")
        section.unlink()

    def test_headings_are_translated(self):
        self.env["res.lang"]._activate_lang("ru_RU")
        section = self.make_section("Wish", self.deals, "price_needs")
        section.with_context(lang="ru_RU").name = "Желание"
        for lang, name in (("ru_RU", "Желание"), ("en_US", "Wish")):
            self.assertTrue(self.card(lang=lang).xpath(".//group[@string=$name]", name=name))

    def test_widgets_follow_the_types(self):
        self.make_section("All", self.deals, "key_need_ids", "photo_allowed", "deal_type_id", "contract_discount")
        page = self.card()
        widgets = {node.get("name"): node.get("widget") for node in page.iter("field")}
        self.assertEqual(widgets["key_need_ids"], "many2many_tags")
        self.assertEqual(widgets["photo_allowed"], "selection_badge")
        self.assertTrue(page.xpath(".//div[field[@name='contract_discount']]/span[text()='%']"))

    def test_a_field_that_stands_in_the_form_already_looks_the_same(self):
        self.make_section("Client", self.deals, "email_from", "contract_amount", "user_id")
        arch = self.form()
        for name in ("email_from", "contract_amount", "user_id"):
            nodes = arch.xpath("//field[@name=$name][not(ancestor::field)]", name=name)
            self.assertGreater(len(nodes), 1)
            widgets = {tuple(node.get(key) for key in ("widget", "options", "teamField")) for node in nodes}
            self.assertEqual(len(widgets), 1, name)
        self.assertTrue(arch.xpath("//field[@name='company_currency']"))

    def test_what_a_section_shows_does_not_stand_above_as_well(self):
        self.make_section("Request", self.deals, "source_id", "medium_id", "preferred_channel")
        self.make_section("Money", self.deals, "contract_amount")
        arch = self.form()

        def is_above(xpath, team):
            [node] = arch.xpath(f"//group[@name='funnel']{xpath}")
            expression = node.get("invisible") or "False"
            facts = {"team_id": team.id, "type": "opportunity", "has_confirmed_orders": True, "funnel_kind": "deal"}
            facts |= dict.fromkeys(("funnel_has_case_types", "funnel_origin_id", "funnel_subject_id"), False)
            return not safe_eval(expression, facts)

        above = {
            xpath: (is_above(xpath, self.deals), is_above(xpath, self.leads))
            for xpath in (
                "/group[@name='funnel_request']",
                "//field[@name='source_id']",
                "/group[@name='funnel_contract']",
                "//field[@name='contract_amount']",
                "//div[@name='contract_amount_source']",
                "//field[@name='received_amount']",
            )
        }
        self.assertEqual(
            above,
            {
                "/group[@name='funnel_request']": (False, True),
                "//field[@name='source_id']": (False, True),
                "/group[@name='funnel_contract']": (True, True),
                "//field[@name='contract_amount']": (False, True),
                "//div[@name='contract_amount_source']": (False, True),
                "//field[@name='received_amount']": (True, True),
            },
        )
        page = next(iter(arch.xpath("//page[@name='funnel_card']")))
        self.assertEqual(page.xpath(".//field[@name='medium_id']/@string"), ["Intake Form"])
        [source] = page.xpath(".//div[@name='contract_amount_source']")
        self.assertEqual(source.getprevious().get("name"), "contract_amount")
        self.assertEqual(source.get("invisible"), "not has_confirmed_orders")

    def test_choices_are_those_of_the_funnel(self):
        self.make_section("Wish", self.deals, "product_type_id")
        options = self.env["funnel.option"].create(
            [
                {"name": "Kitchen", "kind": "product_type", "team_ids": self.deals.ids},
                {"name": "Boiler", "kind": "product_type", "team_ids": self.leads.ids},
                {"name": "Other", "kind": "product_type"},
                {"name": "Quiet", "kind": "key_need"},
            ]
        )
        [node] = self.card().xpath(".//field[@name='product_type_id']")
        domain = safe_eval(node.get("domain"), {"team_id": self.deals.id})
        self.assertEqual((options.search(domain) & options).mapped("name"), ["Kitchen", "Other"])

    def test_required_marks_stand_in_sections(self):
        self.make_section("Client", self.deals, "price_needs", "contact_name")
        self.demand(self.measurement, "price_needs", "contact_name")
        page = self.card()
        for name in ("price_needs", "contact_name"):
            [node] = page.xpath(".//field[@name=$name]", name=name)
            self.assertEqual(node.get("required"), f"stage_id in [{self.measurement.id}]", name)

    def test_a_salesperson_fills_it_in(self):
        self.make_section("Estimate", self.deals, "preliminary_discount", "price_needs", "city", "visit_address")
        deal = self.make_deal()
        with Form(deal) as form:
            form.preliminary_discount = 5
            form.price_needs = "Below 100"
            with self.assertRaises(AssertionError):
                form.visit_address = "Elsewhere"  # it is computed
        self.assertEqual((deal.preliminary_discount, deal.price_needs), (5, "Below 100"))

    def test_a_section_takes_fields_of_leads_that_can_be_shown(self):
        for name in ("order_ids", "lead_properties"):
            with self.assertRaisesRegex(ValidationError, "has no place in a section"):
                self.make_section("Wrong", self.deals, name)
        field = self.env["ir.model.fields"]._get("res.partner", "name")
        with self.assertRaisesRegex(ValidationError, "is not a field of leads"):
            self.make_section("Wrong", self.deals, "city").line_ids.field_id = field

    def test_only_managers_write_sections(self):
        section = self.make_section("Wish", self.deals, "price_needs")
        clerk = new_test_user(self.env, "clerk", "base.group_user")
        for user in (self.salesperson, self.head, clerk):
            self.assertEqual(section.with_user(user).name, "Wish")
            with self.assertRaises(AccessError):
                section.with_user(user).name = "Mine"
            with self.assertRaises(AccessError):
                section.line_ids.with_user(user).unlink()
        with Form(section.with_user(self.manager)) as form, form.line_ids.new() as line:
            line.field_id = self.env["ir.model.fields"]._get("crm.lead", "city")
        self.assertEqual(section.line_ids.field_id.mapped("name"), ["price_needs", "city"])
