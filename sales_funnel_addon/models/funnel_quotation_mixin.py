from odoo import api, fields, models


class FunnelQuotationMixin(models.AbstractModel):
    """The quotations of a deal: in which price ranges there are some, and which of them the client has accepted."""

    _name = "funnel.quotation.mixin"
    _description = "Quotations of a Deal"

    company_currency = fields.Many2one("res.currency")  # the lead says which; amounts ask for it here as well
    funnel_has_price_ranges = fields.Boolean(
        "Has Price Ranges",
        compute="_compute_funnel_has_price_ranges",
        help="Quotations are made in several price ranges in this funnel.",
    )
    quotation_range_count = fields.Integer(
        "Price Ranges Offered",
        compute="_compute_quotation_range_count",
        store=True,
        help="In how many price ranges of the funnel the client has a quotation that is neither empty nor cancelled.",
    )
    accepted_order_id = fields.Many2one(
        "sale.order",
        compute="_compute_accepted_order_id",
        store=True,
        index="btree_not_null",
        help="The first confirmed order of the deal.",
    )
    equipment = fields.Text(
        compute="_compute_equipment",
        inverse="_inverse_equipment",
        store=True,
        readonly=False,
        copy=False,
        help="What is delivered: the lines of the accepted order, or what was entered as long as there is none.",
    )
    equipment_manual = fields.Text("Equipment by Hand", copy=False, help="It counts without an accepted order.")
    equipment_price = fields.Monetary(
        currency_field="company_currency",
        compute="_compute_equipment_price",
        inverse="_inverse_equipment_price",
        store=True,
        readonly=False,
        copy=False,
        help="The total of the accepted order with taxes, or what was entered as long as there is none.",
    )
    equipment_price_manual = fields.Monetary(
        "Equipment Price by Hand",
        currency_field="company_currency",
        copy=False,
        help="It counts without an accepted order.",
    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends("team_id")
    def _compute_funnel_has_price_ranges(self):
        rules = self.env["crm.team"]._get_funnel_rules()
        for lead in self:
            lead.funnel_has_price_ranges = rules.has_price_ranges(lead.team_id.id)

    @api.depends(
        *("team_id", "order_ids.state", "order_ids.price_range_id.team_ids"),
        "order_ids.order_line.display_type",
    )
    def _compute_quotation_range_count(self):
        # together for all deals: nothing is read deal by deal
        real = self.order_ids.order_line.filtered(lambda line: not line.display_type).order_id
        for lead in self._clear_without_orders("quotation_range_count"):
            offered = {order.price_range_id for order in lead.order_ids if order in real and order.state != "cancel"}
            lead.quotation_range_count = len([one for one in offered if one and one._is_offered_by(lead.team_id)])

    @api.depends("order_ids.state", "order_ids.date_order")
    def _compute_accepted_order_id(self):
        for lead in self._clear_without_orders("accepted_order_id"):
            confirmed = lead.order_ids.filtered(lambda order: order._is_confirmed())
            lead.accepted_order_id = confirmed.sorted(lambda order: (order.date_order, order.id))[:1]

    @api.depends(
        *("equipment_manual", "accepted_order_id"),
        *(
            f"accepted_order_id.order_line.{name}"
            for name in ("name", "product_uom_qty", "sequence", "display_type", "is_downpayment")
        ),
    )
    def _compute_equipment(self):
        for lead in self:
            lines = lead.accepted_order_id.order_line.filtered(
                lambda line: not line.display_type and not line.is_downpayment
            )
            texts = [line._get_equipment_text() for line in lines.sorted(lambda line: (line.sequence, line.id))]
            lead._note("equipment", "\n".join(texts) if lead.accepted_order_id else lead.equipment_manual)

    @api.depends(
        *("equipment_price_manual", "accepted_order_id", "company_id"),
        *(f"accepted_order_id.{name}" for name in ("amount_total", "currency_rate", "company_id")),
    )
    def _compute_equipment_price(self):
        for lead in self:
            order = lead.accepted_order_id
            price = order and lead._sum_of_orders({order: order._to_company_currency(order.amount_total)})
            lead._note("equipment_price", price if order else lead.equipment_price_manual)

    def _inverse_equipment(self):
        self._keep_entry("equipment")

    def _inverse_equipment_price(self):
        self._keep_entry("equipment_price")

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_sale_quotations_new(self):
        """Make a new quotation; where the funnel has price ranges, ask first for which of them."""
        if self.funnel_has_price_ranges and not self.env.context.get("funnel_price_range_id"):
            return self.action_new_range_quotation()
        return super().action_sale_quotations_new()

    def action_new_range_quotation(self):
        """Open the dialog that asks in which price range a new quotation is made."""
        self.ensure_one()
        offered = self.order_ids.filtered(lambda order: order.state != "cancel").price_range_id
        ranges = self._get_price_ranges()
        missing = (ranges - offered)[:1] or ranges[:1]
        return {
            **self.env["ir.actions.actions"]._for_xml_id("sales_funnel_addon.funnel_quotation_action"),
            "context": {"default_lead_id": self.id, "default_price_range_id": missing.id},
        }

    def _get_price_ranges(self):
        """Return the price ranges in which the funnel of this lead makes quotations."""
        ranges = self.env["funnel.price.range"]
        return ranges.search(ranges._get_offer_domain(self.team_id))

    def _prepare_opportunity_quotation_context(self):
        """A quotation that was asked for in a price range is made there."""
        context = super()._prepare_opportunity_quotation_context()
        price_range_id = self.env.context.get("funnel_price_range_id")
        return {**context, "default_price_range_id": price_range_id} if price_range_id else context

    # ------------------------------------------------------------
    # MERGE
    # ------------------------------------------------------------

    def _merge_get_fields_specific(self):
        # Odoo would take over only the orders that whoever merges may see
        return {**super()._merge_get_fields_specific(), "order_ids": lambda name, leads: []}

    def _merge_dependences(self, opportunities):
        others = opportunities.sudo()
        (self + others).invalidate_recordset(["order_ids"])  # who has read them may have been shown only some
        others.order_ids.opportunity_id = self
        return super()._merge_dependences(opportunities)
