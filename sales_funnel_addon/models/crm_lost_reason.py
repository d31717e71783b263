from odoo import api, fields, models

LOSS_CATEGORIES = [("refusal", "Refusal"), ("junk", "Junk")]


class CrmLostReason(models.Model):
    """Why a lead was lost; for funnels also what has to be told with it."""

    _name = "crm.lost.reason"
    _inherit = ["funnel.config.mixin", "crm.lost.reason"]
    _order = "sequence, name, id"

    sequence = fields.Integer(default=10)
    category = fields.Selection(
        LOSS_CATEGORIES,
        default="refusal",
        required=True,
        help="A refusal is a client who said no. Junk never was a client (duplicate, test, spam): "
        "it is counted apart from refusals everywhere.",
    )
    team_ids = fields.Many2many(
        "crm.team",
        string="Funnels",
        domain=[("funnel_kind", "!=", False)],
        help="The funnels whose leads may be lost for this reason. A reason without funnels is for other sales teams.",
    )
    comment_required = fields.Boolean(help="A lead lost for this reason needs a comment.")
    required_field_ids = fields.Many2many(
        "ir.model.fields",
        string="Required Fields",
        domain=[("model", "=", "crm.lead"), ("ttype", "not in", ["boolean", "json"]), ("readonly", "=", False)],
        groups="sales_funnel_addon.group_funnel_manager",
        help="What has to be filled in on a lead that is lost for this reason.",
    )

    @api.constrains("required_field_ids")
    def _check_required_field_ids(self):
        for reason in self.sudo():
            self.env["funnel.requirement"]._check_demandable(reason.required_field_ids)

    def write(self, vals):
        result = super().write(vals)
        if vals.get("category") == "junk":
            # what was lost for it was never a refusal; the other way round nobody checks old losses
            self.env["funnel.refusal"]._close([("lead_id.lost_reason_id", "in", self.ids)], "junk")
        if "category" in vals:
            self.env["crm.lead"]._sync_outcomes_of_reasons(self)
        return result

    @api.model
    def _get_rule_fields(self):
        return ["team_ids", "comment_required", "required_field_ids", "active"]
