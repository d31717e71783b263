from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.sql import column_exists

#: What people enter as long as no document says it: which field keeps their entry, and which knows of documents.
ENTERED = {
    "contract_amount": ("contract_amount_manual", "has_confirmed_orders"),
    "received_amount": ("received_amount_manual", "has_posted_invoices"),
    "prepayment_amount": ("prepayment_amount_manual", "has_posted_invoices"),
    "equipment": ("equipment_manual", "accepted_order_id"),
    "equipment_price": ("equipment_price_manual", "accepted_order_id"),
}
#: What documents say of a deal. It is stored, and nobody may write it, in a funnel or before a lead comes into one.
DOCUMENT_FACTS = frozenset(
    {
        *("contract_amount_invoiced", "received_amount_invoiced", "prepayment_amount_invoiced"),
        *("has_confirmed_orders", "has_posted_invoices", "accepted_order_id", "quotation_range_count"),
        *("amount_due", "prepayment_missing", "ledger_difference", "ledger_state"),
    }
)
#: The columns of new fields, so that leads that are there already need not be computed one by one.
NEW_COLUMNS = {
    "numeric DEFAULT 0": (
        *("contract_amount_manual", "received_amount_manual", "prepayment_amount_manual", "equipment_price_manual"),
        *("contract_amount_invoiced", "received_amount_invoiced", "prepayment_amount_invoiced"),
        *("contract_amount", "received_amount", "prepayment_amount", "equipment_price"),
        *("amount_due", "prepayment_due", "prepayment_missing", "ledger_amount", "ledger_difference"),
    ),
    "boolean DEFAULT FALSE": ("has_confirmed_orders", "has_posted_invoices"),
    "integer DEFAULT 0": ("quotation_range_count",),
    "integer": ("accepted_order_id",),
    "text": ("equipment", "equipment_manual"),
    "varchar DEFAULT 'none'": ("ledger_state",),
}


class FunnelMoneyMixin(models.AbstractModel):
    """The money of a deal: what was agreed and what was received.

    Orders and invoices say it where there are any, and what people have entered counts otherwise.
    """

    _name = "funnel.money.mixin"
    _description = "Money of a Deal"

    company_currency = fields.Many2one("res.currency")  # the lead says which; amounts ask for it here as well
    contract_amount = fields.Monetary(
        currency_field="company_currency",
        compute="_compute_contract_amount",
        inverse="_inverse_contract_amount",
        store=True,
        readonly=False,
        tracking=True,
        copy=False,
        help="What the client pays according to the contract: the total of the confirmed orders with taxes, or what "
        "was entered as long as there are none.",
    )
    contract_amount_manual = fields.Monetary(
        "Contract Amount by Hand", currency_field="company_currency", copy=False, help="It counts without orders."
    )
    contract_amount_invoiced = fields.Monetary(
        "Contract Amount by Orders",
        currency_field="company_currency",
        compute="_compute_contract_amount_invoiced",
        store=True,
        help="The total of the confirmed orders with taxes, at the rates of the days of the orders.",
    )
    has_confirmed_orders = fields.Boolean(compute="_compute_contract_amount_invoiced", store=True)
    received_amount = fields.Monetary(
        currency_field="company_currency",
        compute="_compute_received_amount",
        inverse="_inverse_received_amount",
        store=True,
        readonly=False,
        tracking=True,
        copy=False,
        help="What the client has paid so far: on the posted invoices of the orders, or what was entered as long as "
        "there are none.",
    )
    received_amount_manual = fields.Monetary(
        "Received by Hand", currency_field="company_currency", copy=False, help="It counts without posted invoices."
    )
    received_amount_invoiced = fields.Monetary(
        "Received by Invoices",
        currency_field="company_currency",
        compute="_compute_received_amount_invoiced",
        store=True,
        help="What was paid on the posted invoices of the orders, less what was given back. In another currency it "
        "counts at the rate of the day of the order, so that what is paid in full equals what was agreed.",
    )
    has_posted_invoices = fields.Boolean(compute="_compute_received_amount_invoiced", store=True)
    amount_due = fields.Monetary(
        currency_field="company_currency",
        compute="_compute_amount_due",
        store=True,
        help="The contract amount less what was received.",
    )
    prepayment_due = fields.Monetary(
        currency_field="company_currency", tracking=True, copy=False, help="What has to be paid before the work begins."
    )
    prepayment_amount = fields.Monetary(
        "Prepayment",
        currency_field="company_currency",
        compute="_compute_prepayment_amount",
        inverse="_inverse_prepayment_amount",
        store=True,
        readonly=False,
        tracking=True,
        copy=False,
        help="What was received as prepayment: on the down payment invoices; without such invoices all that was "
        "received on invoices; or what was entered as long as nothing is invoiced.",
    )
    prepayment_amount_manual = fields.Monetary(
        "Prepayment by Hand", currency_field="company_currency", copy=False, help="It counts without posted invoices."
    )
    prepayment_amount_invoiced = fields.Monetary(
        "Prepayment by Invoices",
        currency_field="company_currency",
        compute="_compute_received_amount_invoiced",
        store=True,
        help="What was paid on down payment invoices; on all invoices if there are no such ones.",
    )
    prepayment_missing = fields.Monetary(
        currency_field="company_currency",
        compute="_compute_prepayment_missing",
        store=True,
        help="What has to be prepaid less what was; 0 if it is all there.",
    )

    _check_amounts = models.Constraint(
        """CHECK (contract_amount_manual >= 0 AND received_amount_manual >= 0 AND prepayment_amount_manual >= 0
               AND prepayment_due >= 0 AND equipment_price_manual >= 0)""",
        "Amounts of a deal that are entered by hand cannot be negative.",
    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends(
        *("order_ids.state", "order_ids.amount_total", "order_ids.currency_rate", "order_ids.company_id"),
        "company_id",
    )
    def _compute_contract_amount_invoiced(self):
        for lead in self._clear_without_orders("has_confirmed_orders", "contract_amount_invoiced"):
            orders = lead.order_ids.filtered(lambda order: order._is_confirmed())
            lead.has_confirmed_orders = bool(orders)
            lead.contract_amount_invoiced = lead._sum_of_orders(
                {order: order._to_company_currency(order.amount_total) for order in orders}
            )

    @api.depends(
        *("order_ids.currency_rate", "order_ids.company_id", "order_ids.order_line.invoice_lines.price_total"),
        *(
            f"order_ids.order_line.invoice_lines.move_id.{name}"
            for name in ("state", "move_type", "amount_total", "amount_residual", "matched_payment_ids.state")
        ),
        "order_ids.order_line.is_downpayment",
        "company_id",
    )
    def _compute_received_amount_invoiced(self):
        # together for all deals: nothing is read deal by deal
        receipts = self.order_ids._get_receipts()
        facts = ("has_posted_invoices", "received_amount_invoiced", "prepayment_amount_invoiced")
        for lead in self._clear_without_orders(*facts):
            found = {order: receipts[order.id] for order in lead.order_ids if order.id in receipts}
            totals = {order: receipt.total for order, receipt in found.items()}
            prepaid = {order: receipt.prepaid for order, receipt in found.items() if receipt.prepaid is not None}
            lead.has_posted_invoices = bool(found)
            lead.received_amount_invoiced = lead._sum_of_orders(totals)
            # without down payment invoices, whatever was received was paid in advance
            lead.prepayment_amount_invoiced = lead._sum_of_orders(prepaid or totals)

    def _sum_of_orders(self, amounts):
        """Return the sum of amounts in the currency of this lead.

        :param dict amounts: an amount in the currency of its company by order
        """
        total = 0
        for order, amount in amounts.items():
            own, theirs = self.company_id.currency_id, order.company_id.currency_id
            if own and own != theirs:  # a lead of no company takes the currency of its orders
                amount = theirs._convert(amount, own, order.company_id, order.date_order)
            total += amount
        return total

    @api.depends("contract_amount_manual", "contract_amount_invoiced", "has_confirmed_orders")
    def _compute_contract_amount(self):
        self._choose("contract_amount", "contract_amount_invoiced")

    @api.depends("received_amount_manual", "received_amount_invoiced", "has_posted_invoices")
    def _compute_received_amount(self):
        self._choose("received_amount", "received_amount_invoiced")

    @api.depends("prepayment_amount_manual", "prepayment_amount_invoiced", "has_posted_invoices")
    def _compute_prepayment_amount(self):
        self._choose("prepayment_amount", "prepayment_amount_invoiced")

    def _choose(self, name, documented):
        """Give a field what documents say, or what people have entered where there are none."""
        manual, has_documents = ENTERED[name]
        for lead in self:
            lead._note(name, lead[documented] if lead[has_documents] else lead[manual])

    def _note(self, name, value):
        """Give a computed field of this lead its value.

        An amount of which nothing is known yet stays empty, which reads as 0: it would cost each new lead an update of
        a dozen columns.
        """
        if not self.id or self[name] != value:
            self[name] = value

    def _clear_without_orders(self, *names):
        """Clear what documents say of the leads that have no orders, and so no documents.

        :param names: the fields in which they say it
        :returns: the other leads
        """
        bare = self.filtered(lambda lead: not lead.order_ids)
        for name in names:
            bare.filtered(lambda lead, name=name: not lead.id or lead[name])[name] = False
        return self - bare

    @api.depends("contract_amount", "received_amount")
    def _compute_amount_due(self):
        for lead in self:
            lead._note("amount_due", lead.contract_amount - lead.received_amount)

    @api.depends("prepayment_due", "prepayment_amount")
    def _compute_prepayment_missing(self):
        for lead in self:
            lead._note("prepayment_missing", max(0, lead.prepayment_due - lead.prepayment_amount))

    # ------------------------------------------------------------
    # INVERSE
    # ------------------------------------------------------------

    def _inverse_contract_amount(self):
        self._keep_entry("contract_amount")

    def _inverse_received_amount(self):
        self._keep_entry("received_amount")

    def _inverse_prepayment_amount(self):
        self._keep_entry("prepayment_amount")

    def _keep_entry(self, name):
        """Keep what somebody has written into a field as their entry; where documents say it, they still do."""
        manual, has_documents = ENTERED[name]
        # straight into the cache: for a hundred leads it would be a hundred writes, each with its own check of rights
        with self.env.protecting([self._fields[manual]], self):
            for lead in self:
                lead[manual] = lead[name]
        documented = self.filtered(has_documents)
        self.env.add_to_compute(self._fields[name], documented)
        documented.modified([name])

    # ------------------------------------------------------------
    # ORM
    # ------------------------------------------------------------

    def _auto_init(self):
        """Add the columns with their defaults, keep what people have entered, and compute only leads with orders."""
        if self._abstract or column_exists(self.env.cr, self._table, "contract_amount_manual"):
            return super()._auto_init()
        was_entered = column_exists(self.env.cr, self._table, "contract_amount")
        # one statement each: with a constant default the database does not touch a single row
        for definition, names in NEW_COLUMNS.items():
            for name in names:
                if not column_exists(self.env.cr, self._table, name):
                    self._add_column(name, definition)
        if was_entered:
            self.env.cr.execute(
                """UPDATE crm_lead
                      SET contract_amount_manual = contract_amount, received_amount_manual = received_amount
                    WHERE contract_amount != 0 OR received_amount != 0"""
            )
        self.pool.post_init(self._compute_documents)
        return super()._auto_init()

    def _add_column(self, name, definition):
        table, column = SQL.identifier(self._table), SQL.identifier(name)
        kind, _, default = definition.partition(" DEFAULT ")
        if default:
            self.env.cr.execute(SQL("ALTER TABLE %s ADD COLUMN %s %s", table, column, SQL(definition)))
            self.env.cr.execute(SQL("ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT", table, column))
        else:
            self.env.cr.execute(SQL("ALTER TABLE %s ADD COLUMN %s %s", table, column, SQL(kind)))

    def _compute_documents(self):
        """Compute what documents say of the leads that have any; nobody has changed them, so nothing is tracked."""
        Lead = self.env["crm.lead"].with_context(active_test=False, tracking_disable=True)
        leads = Lead.search([("order_ids", "!=", False)])
        names = [*DOCUMENT_FACTS, *ENTERED]
        for name in names:
            self.env.add_to_compute(self._fields[name], leads)
        leads._recompute_recordset(names)

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Nobody types in what documents say, wherever on the form it stands."""
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "form":
            for name, (_manual, has_documents) in ENTERED.items():
                nodes = arch.xpath("//field[@name=$name and not(ancestor::field)]", name=name)
                for node in nodes:
                    self._add_modifier(node, "readonly", has_documents)
                if nodes:
                    self._add_fields_of_expression(arch, has_documents)
        return arch, view

    def _merge_get_fields(self):
        entries = [manual for manual, _has_documents in ENTERED.values()]
        return [*super()._merge_get_fields(), *entries, "prepayment_due"]
