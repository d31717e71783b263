from odoo import api, fields, models
from odoo.tools import float_is_zero


class FunnelLedgerMixin(models.AbstractModel):
    """What accounting has recorded about a deal, and whether it equals the deal."""

    _name = "funnel.ledger.mixin"
    _description = "Ledger of a Deal"

    company_currency = fields.Many2one("res.currency")  # the lead says which; amounts ask for it here as well
    ledger_reference = fields.Char(
        tracking=True, copy=False, help="Under which number the client stands in the ledger of clients."
    )
    ledger_date = fields.Date(tracking=True, copy=False, help="The date that is recorded in the ledger.")
    ledger_amount = fields.Monetary(
        currency_field="company_currency",
        tracking=True,
        copy=False,
        help="The amount that is recorded in the ledger.",
    )
    ledger_difference = fields.Monetary(
        currency_field="company_currency",
        compute="_compute_ledger_state",
        store=True,
        help="The amount in the ledger less the amount of the deal: of its contract, or of the estimate if there is no "
        "contract.",
    )
    ledger_state = fields.Selection(
        [("none", "Not recorded"), ("equal", "Equal"), ("different", "Different")],
        "Ledger",
        compute="_compute_ledger_state",
        store=True,
        help="Equal: with a reference, the amount of the deal, and the date of the contract if there is one.",
    )

    @api.depends(
        *("ledger_reference", "ledger_date", "ledger_amount"),
        *("contract_amount", "preliminary_amount", "contract_date"),
    )
    def _compute_ledger_state(self):
        for lead in self:
            recorded = bool(lead.ledger_reference or lead.ledger_date or lead.ledger_amount)
            difference = lead.ledger_amount - lead._get_deal_amount() if recorded else 0
            lead._note("ledger_difference", difference)
            lead.ledger_state = ("equal" if lead._equals_ledger(difference) else "different") if recorded else "none"

    def _get_deal_amount(self):
        """Return what this deal comes to: by its contract, or by the estimate."""
        return self.contract_amount or self.preliminary_amount

    def _equals_ledger(self, difference):
        """Tell whether what is recorded is complete and equals the deal."""
        same_day = self.ledger_date == self.contract_date if self.contract_date else bool(self.ledger_date)
        named = bool((self.ledger_reference or "").strip())
        digits = (self.company_currency or self.env.company.currency_id).decimal_places
        return named and same_day and bool(self.ledger_amount) and float_is_zero(difference, digits)

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), "ledger_reference", "ledger_date", "ledger_amount"]
