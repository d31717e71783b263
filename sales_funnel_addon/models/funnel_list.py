from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

#: What the engine finds out about a list; nobody else writes it, and a new list has none of it.
ENGINE_VALUES = {"state": "sampling", "judged_at": False, "sample_count": 0, "sample_conversion": 0.0}


class FunnelList(models.Model):
    """A cohort of leads that came together: an imported base, or what a marketing campaign brought."""

    _name = "funnel.list"
    _inherit = [
        "funnel.list.count.mixin",
        "funnel.list.sample.mixin",
        "funnel.list.assignment.mixin",
        "mail.thread",
    ]
    _description = "Cold List"
    _order = "id desc"

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        [("import", "Imported base"), ("campaign", "Marketing campaign")], default="import", required=True
    )
    team_id = fields.Many2one(
        "crm.team",
        "Funnel",
        required=True,
        index=True,
        ondelete="restrict",
        domain=[("funnel_kind", "=", "lead")],
        default=lambda self: self._default_team_id(),
        help="Where the leads of the list are worked on.",
    )
    head_id = fields.Many2one(related="team_id.user_id", string="Head of Sales")
    company_id = fields.Many2one(related="team_id.company_id", store=True)
    user_id = fields.Many2one(
        "res.users",
        "Owner",
        default=lambda self: self.env.user,
        tracking=True,
        domain=[("share", "=", False)],
        help="Who answers for the list, and is told when it converts badly.",
    )
    product_id = fields.Many2one("product.template", help="What is offered to these clients.")
    audience = fields.Char(help="Who these clients are.")
    campaign_id = fields.Many2one(
        "utm.campaign",
        index="btree_not_null",
        help="The campaign that brings the leads: new leads with it belong to the list by themselves while it runs.",
    )
    source_id = fields.Many2one("utm.source", help="The source that the leads of the list get.")
    lead_ids = fields.One2many("crm.lead", "funnel_list_id", "Leads")
    can_manage = fields.Boolean("May Manage the List", compute="_compute_can_manage")
    can_resume = fields.Boolean("May Resume the List", compute="_compute_can_manage")

    _check_threshold = models.Constraint(
        "CHECK (threshold BETWEEN 0 AND 100)", "The expected conversion of a list lies between 0 and 100 %."
    )
    _check_sample_size = models.Constraint("CHECK (sample_size > 0)", "The sample of a list has at least one lead.")
    _check_portion = models.Constraint(
        "CHECK (portion >= 0)", "The number of leads at a time cannot be negative; 0 hands them out all at once."
    )
    _campaign = models.Index("(campaign_id) WHERE active AND kind = 'campaign' AND state != 'paused'")

    @api.model
    def _default_team_id(self):
        """Return the funnel of leads that the user leads, else the only one there is."""
        teams = self.env["crm.team"].search(
            [("funnel_kind", "=", "lead"), ("company_id", "in", [False, self.env.company.id])]
        )
        own = teams.filtered(lambda team: team.user_id == self.env.user)
        return own[:1] or (teams if len(teams) == 1 else teams.browse())

    # ------------------------------------------------------------
    # RIGHTS
    # ------------------------------------------------------------

    @api.depends("user_id", "team_id.user_id")
    @api.depends_context("uid")
    def _compute_can_manage(self):
        is_manager = self.env.user.has_group("sales_funnel_addon.group_funnel_manager")
        for cold_list in self:
            cold_list.can_resume = is_manager or cold_list.team_id.user_id == self.env.user
            cold_list.can_manage = cold_list.can_resume or cold_list.user_id == self.env.user

    def _check_manager(self, *, resume=False):
        """Refuse what only the head of the funnel may do, or the owner of the list as well.

        :param bool resume: whether only the head may do it
        """
        self.check_access("read")
        refused = self.filtered(lambda cold_list: not cold_list["can_resume" if resume else "can_manage"])
        if not refused or self.env.su:
            return
        names = ", ".join(refused.mapped("name"))
        if resume:
            raise AccessError(self.env._("Only the head of the funnel or a funnel manager resumes a list: %s.", names))
        raise AccessError(
            self.env._("Only the head of the funnel, the owner of the list or a funnel manager can do this: %s.", names)
        )

    # ------------------------------------------------------------
    # ORM
    # ------------------------------------------------------------

    @api.constrains("team_id")
    def _check_team_id(self):
        for cold_list in self:
            if cold_list.team_id.funnel_kind != "lead":
                raise ValidationError(
                    self.env._(
                        "The list “%(list)s” needs a funnel of leads: “%(team)s” is none.",
                        list=cold_list.name,
                        team=cold_list.team_id.name,
                    )
                )

    @api.constrains("kind", "campaign_id")
    def _check_campaign_id(self):
        for cold_list in self:
            if cold_list.kind == "campaign" and not cold_list.campaign_id:
                raise ValidationError(self.env._("The list “%s” needs the campaign that brings it.", cold_list.name))

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            vals_list = [{**vals, **ENGINE_VALUES} for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and not vals.keys().isdisjoint(ENGINE_VALUES):
            raise AccessError(
                self.env._("The state of a list follows its leads: use the buttons Pause and Resume to change it.")
            )
        if "team_id" in vals:
            self._check_team_change(vals["team_id"])
        result = super().write(vals)
        if not vals.keys().isdisjoint({"sample_size", "threshold"}):
            self._follow_outcomes()
        if not vals.keys().isdisjoint({"user_ids", "portion", "sample_size", "active"}):
            self._ask_for_hand_out()
        return result

    def _check_team_change(self, team_id):
        """Refuse another funnel for a list that has leads: they would stay behind."""
        moved = self.filtered(lambda cold_list: cold_list.team_id.id != team_id)
        busy = self._find_with_leads(moved)
        if busy:
            raise UserError(
                self.env._("The list “%s” has leads in its funnel: move them to another list instead.", busy.name)
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_leads(self):
        busy = self._find_with_leads(self)
        if busy:
            raise UserError(self.env._("The list “%s” has leads. Archive it instead of deleting it.", busy.name))

    @api.model
    def _find_with_leads(self, lists):
        """Return one of the lists that has leads, none if no list has any."""
        Lead = self.env["crm.lead"].sudo().with_context(active_test=False)  # also leads the user may not see
        return lists and Lead.search([("funnel_list_id", "in", lists.ids)], limit=1).funnel_list_id
