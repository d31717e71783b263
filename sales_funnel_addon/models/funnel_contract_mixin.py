from odoo import fields, models

CONTRACT_FIELDS = (
    "offered_discount",
    "offered_instalments",
    "contract_client_name",
    "contract_kind",
    "contract_number",
    "contract_date",
    "contract_discount",
    "precontract_date",
    "expected_contract_date",
    "no_contract_reason",
)


class FunnelContractMixin(models.AbstractModel):
    """What was offered at the measurement and what the contract says, but for its money."""

    _name = "funnel.contract.mixin"
    _description = "Contract of a Deal"

    offered_discount = fields.Float(
        digits=(5, 2), tracking=True, copy=False, help="In percent, as offered at the measurement."
    )
    offered_instalments = fields.Char(
        tracking=True, copy=False, help="The instalments that were offered at the measurement."
    )
    contract_client_name = fields.Char(
        "Client's Full Name", tracking=True, copy=False, help="As it stands in the contract."
    )
    contract_kind = fields.Selection(
        [("standard", "Standard"), ("adapted", "Adapted")],
        tracking=True,
        copy=False,
        help="Adapted: the standard text was changed for this client.",
    )
    contract_number = fields.Char(tracking=True, copy=False)
    contract_date = fields.Date(tracking=True, copy=False)
    contract_discount = fields.Float(digits=(5, 2), tracking=True, copy=False, help="In percent.")
    precontract_date = fields.Date("Pre-contract Date", tracking=True, copy=False)
    expected_contract_date = fields.Date(
        "Contract Expected On", tracking=True, copy=False, help="When the client is expected to conclude the contract."
    )
    no_contract_reason = fields.Text(
        "Why No Contract", tracking=True, copy=False, help="Why there is no contract, or only a pre-contract."
    )

    _check_discounts = models.Constraint(
        "CHECK (offered_discount BETWEEN 0 AND 100 AND contract_discount BETWEEN 0 AND 100)",
        "A discount lies between 0 and 100 %.",
    )

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), *CONTRACT_FIELDS]
