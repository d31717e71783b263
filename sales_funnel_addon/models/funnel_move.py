from odoo import fields, models


class FunnelMove(models.Model):
    """One event in the life of a lead in the funnels: created, moved, won, lost … Nobody writes or deletes these."""

    _name = "funnel.move"
    _inherit = ["funnel.follows.lead.mixin"]
    _description = "Stage Move"
    _order = "date desc, id desc"
    _rec_name = "lead_id"
    _log_access = False

    lead_id = fields.Many2one("crm.lead", required=True, index=True, ondelete="cascade", readonly=True)
    kind = fields.Selection(
        [
            ("created", "Created"),
            ("moved", "Moved"),
            ("automatic", "Automatic"),
            ("override", "Overridden"),
            ("converted", "Converted"),
            ("deferred", "Deferred"),
            ("resumed", "Resumed"),
            ("won", "Won"),
            ("lost", "Lost"),
            ("reopened", "Reopened"),
            ("relisted", "Moved to another list"),
        ],
        required=True,
        readonly=True,
    )
    from_stage_id = fields.Many2one("crm.stage", "From", ondelete="set null", readonly=True)
    to_stage_id = fields.Many2one("crm.stage", "To", ondelete="set null", index="btree_not_null", readonly=True)
    from_team_id = fields.Many2one("crm.team", "From Funnel", ondelete="set null", readonly=True)
    to_team_id = fields.Many2one("crm.team", "To Funnel", ondelete="set null", index="btree_not_null", readonly=True)
    user_id = fields.Many2one("res.users", "By", ondelete="set null", readonly=True)
    date = fields.Datetime(required=True, index=True, readonly=True)
    hours_in_stage = fields.Float(
        "Hours in Previous Stage",
        aggregator="avg",
        readonly=True,
        help="Calendar hours from entering the previous stage.",
    )
    lost_reason_id = fields.Many2one("crm.lost.reason", ondelete="set null", index="btree_not_null", readonly=True)
    reason = fields.Text(readonly=True, help="Why: the reason and comment of a loss, or of an override.")
