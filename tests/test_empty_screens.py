"""Every screen says, while it is empty, what will be there and what to do."""

from odoo.tools import html2plaintext, is_html_empty

from .common import ADDON, FunnelCase

#: The addon and those beside it that glue it to an app.
ADDONS = (ADDON, "sales_funnel_mrp", "sales_funnel_purchase", "sales_funnel_repair")


class TestEmptyScreens(FunnelCase):
    def screens(self):
        """Return the screens of the addons that can be empty: no dialogs, no single forms."""
        rows = self.env["ir.model.data"].search([("module", "in", ADDONS), ("model", "=", "ir.actions.act_window")])
        actions = self.env["ir.actions.act_window"].browse(rows.mapped("res_id")).exists()
        return actions.filtered(lambda action: action.target != "new" and action.view_mode != "form")

    def help_of(self, action, **context):
        # the web client asks with the context of the action, in which Odoo evaluates it itself
        return action.with_user(self.manager).with_context(**context)._get_action_dict()["help"]

    def test_every_screen_explains_itself(self):
        screens = self.screens()
        self.assertGreater(len(screens), 30)
        silent = screens.filtered(lambda action: is_html_empty(self.help_of(action)))
        self.assertFalse(silent.mapped("xml_id"), "these screens say nothing while they are empty")

    def test_the_help_says_what_and_how(self):
        """A heading alone says that there is nothing, which everybody sees."""
        for action in self.screens():
            text = html2plaintext(self.help_of(action))
            with self.subTest(action=action.xml_id):
                self.assertGreater(len(text.split()), 8)

    def test_every_funnel_explains_itself_by_its_kind(self):
        months = self.make_months()
        production = self.make_funnel("Production", "followup", ["Cutting", "Done!"])
        said = {
            html2plaintext(self.help_of(team.funnel_action_id)) for team in (self.leads, self.deals, months, production)
        }
        self.assertEqual(len(said), 4)
        self.assertFalse([text for text in said if "pipeline" in text], "that is what Odoo says about any lead")

    def test_other_screens_of_leads_keep_their_help(self):
        Lead = self.env["crm.lead"]
        own = "<p>Mine</p>"
        self.assertEqual(Lead.with_context(funnel_id=self.leads.id).get_empty_list_help(own), own)
        stock = Lead.get_empty_list_help("")
        for forged in (0, False, "x", [self.leads.id], {"a": 1}, self.env["crm.team"].create({"name": "Stock"}).id):
            with self.subTest(funnel_id=forged):
                self.assertEqual(Lead.with_context(funnel_id=forged).get_empty_list_help(""), stock)
