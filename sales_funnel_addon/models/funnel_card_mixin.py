from collections import defaultdict

from odoo import api, fields, models

from ..tools.options import OPTION_FIELDS, of_list

#: What of the card a merge takes over from the other leads: the first that has it; of lists, all that was chosen.
CARD_FIELDS = (
    "price_needs",
    "preliminary_discount",
    "preliminary_amount",
    "presentation_kind",
    "presentation_date",
    "written_presentation_reason",
    "agreed_contact_date",
    "need_description",
    "photo_allowed",
    *OPTION_FIELDS,
)


class FunnelCardMixin(models.AbstractModel):
    """The card of a deal: what the client wants and what was offered. Sections of funnels show what they need of it."""

    _name = "funnel.card.mixin"
    _description = "Card of a Deal"

    company_currency = fields.Many2one("res.currency")  # the lead says which; amounts ask for it here as well
    deal_type_id = fields.Many2one("funnel.option", domain=of_list("deal_type_id"), tracking=True)
    product_type_id = fields.Many2one("funnel.option", domain=of_list("product_type_id"), tracking=True)
    client_status_id = fields.Many2one("funnel.option", domain=of_list("client_status_id"), tracking=True)
    general_need_ids = fields.Many2many(
        "funnel.option",
        "crm_lead_general_need_rel",
        "lead_id",
        "option_id",
        string="General Needs",
        domain=of_list("general_need_ids"),
        tracking=True,
    )
    key_need_ids = fields.Many2many(
        "funnel.option",
        "crm_lead_key_need_rel",
        "lead_id",
        "option_id",
        string="Key Needs",
        domain=of_list("key_need_ids"),
        tracking=True,
        help="What decides for the client.",
    )
    price_needs = fields.Char(help="What the client said about the price: a budget, a comparison, an expectation.")
    need_description = fields.Text("Description of the Need", help="What the client needs, in their own words.")
    equipment_category_ids = fields.Many2many(
        "funnel.option",
        "crm_lead_equipment_category_rel",
        "lead_id",
        "option_id",
        string="Equipment Categories",
        domain=of_list("equipment_category_ids"),
        tracking=True,
    )
    customer_kind_id = fields.Many2one(
        "funnel.option", "Kind of Customer", domain=of_list("customer_kind_id"), tracking=True
    )
    supply_preference_id = fields.Many2one(
        "funnel.option", "Preferred Supply", domain=of_list("supply_preference_id"), tracking=True
    )
    preliminary_discount = fields.Float(
        digits=(5, 2), tracking=True, copy=False, help="In percent, as promised before the measurement."
    )
    preliminary_amount = fields.Monetary(
        "Estimate Amount",
        currency_field="company_currency",
        tracking=True,
        copy=False,
        help="What the preliminary estimate comes to.",
    )
    presentation_kind = fields.Selection(
        [("voice", "Voice"), ("whatsapp", "WhatsApp"), ("email", "Email")],
        "Presentation",
        tracking=True,
        copy=False,
        help="How the offer was presented to the client.",
    )
    presentation_date = fields.Date(tracking=True, copy=False)
    written_presentation_reason = fields.Char(
        "Why Presented in Writing", tracking=True, copy=False, help="Why the offer was not presented by voice."
    )
    agreed_contact_date = fields.Date(
        "Contact Agreed For", tracking=True, copy=False, help="The client agreed to be contacted then."
    )
    photo_allowed = fields.Selection(
        [("yes", "Yes"), ("no", "No")],
        "Photo and Video Allowed",
        tracking=True,
        copy=False,
        help="Whether the client lets us take pictures. Empty: not answered.",
    )
    loss_phase = fields.Selection(
        [("before", "Before the measurement"), ("after", "After the measurement")],
        "Lost When",
        copy=False,
        help="Whether somebody had been at the client's by then.",
    )

    _check_preliminary = models.Constraint(
        "CHECK (preliminary_amount >= 0 AND preliminary_discount BETWEEN 0 AND 100)",
        "An estimate cannot be negative, and a discount lies between 0 and 100 %.",
    )

    def _compute_company_currency(self):
        """The cards of a board have few companies: the currency of each is looked up once, not for every card."""
        funnels = self.env["crm.team"]._get_funnel_rules().funnels
        places = zip(self._ids, self._get_stored("team_id"), self._get_stored("company_id"), strict=True)
        by_company, others = defaultdict(list), []
        for lead_id, team_id, company_id in places:
            (by_company[company_id] if team_id in funnels else others).append(lead_id)
        for company_id, lead_ids in by_company.items():
            company = self.env["res.company"].browse(company_id or self.env.company.id)
            self._browse_found(lead_ids).company_currency = company.currency_id
        rest = self._browse_found(others)
        return super(FunnelCardMixin, rest)._compute_company_currency() if rest else None

    @api.constrains(*OPTION_FIELDS)
    def _check_options(self):
        self.env["funnel.option"]._check_kinds(self)

    def _describe_missing_fields(self, verdict):
        """A dialog offers the choices of the funnel of the lead, as its form does."""
        described = super()._describe_missing_fields(verdict)
        for item in described:
            if item["name"] in OPTION_FIELDS:
                team_ids = [False, *self.team_id.ids]
                item["domain"] = [*of_list(item["name"]), ("team_ids", "in", team_ids)]
        return described

    def _prepare_customer_values(self, partner_name, is_company=False, parent_id=False):
        """A new contact takes over what kind of customer it is."""
        values = super()._prepare_customer_values(partner_name, is_company, parent_id)
        values.update(
            customer_kind_id=self.customer_kind_id.id,
            supply_preference_id=self.supply_preference_id.id,
        )
        return values

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), *CARD_FIELDS]

    def _merge_get_fields_specific(self):
        lists = [name for name in CARD_FIELDS if self._fields[name].type == "many2many"]
        return {**super()._merge_get_fields_specific(), **dict.fromkeys(lists, lambda name, leads: leads[name])}
