from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ..tools import funnel_rules

#: Fields that a funnel cannot do without on its forms.
UNHIDABLE_FIELDS = frozenset({"name", "team_id", "stage_id", "type", "user_id", "lost_reason_id", "active"})

#: A context value that no client can send.
_WITHOUT_FUNNELS = object()


class CrmTeam(models.Model):
    """A sales team; with a funnel kind it is a funnel with stages and rules of its own."""

    _name = "crm.team"
    _inherit = [
        "funnel.deferral.team.mixin",
        "funnel.visit.team.mixin",
        "funnel.handover.team.mixin",
        "funnel.list.team.mixin",
        "funnel.config.mixin",
        "funnel.rules.mixin",
        "funnel.map.mixin",
        "funnel.menu.mixin",
        "crm.team",
    ]

    funnel_kind = fields.Selection(
        [
            ("lead", "Leads"),
            ("deal", "Deals"),
            ("deferred", "Deferred demand"),
            ("followup", "Follow-up after the sale"),
        ],
        index="btree_not_null",
        help="What stands in this funnel. Empty: an ordinary sales team, which the funnel rules leave alone.",
    )
    deal_team_id = fields.Many2one(
        "crm.team",
        "Converts Into",
        domain=[("funnel_kind", "=", "deal")],
        check_company=True,
        help="The funnel in which a converted lead starts as a deal.",
    )
    manual_medium_id = fields.Many2one(
        "utm.medium",
        "Intake Form by Hand",
        help="The intake form of requests that are typed in on the screen of this funnel.",
    )
    resource_calendar_id = fields.Many2one(
        "resource.calendar",
        "Working Hours",
        help="When the people of this funnel work, and in which time zone. Empty: the working hours of the company.",
    )
    stage_ids = fields.Many2many("crm.stage", string="Stages", help="The stages of the funnel in their order.")
    lost_reason_ids = fields.Many2many("crm.lost.reason", string="Lost Reasons")
    hidden_field_ids = fields.Many2many(
        "ir.model.fields",
        "crm_team_hidden_field_rel",
        string="Hidden Fields",
        domain=[("model", "=", "crm.lead"), ("name", "not in", list(UNHIDABLE_FIELDS))],
        groups="sales_funnel_addon.group_funnel_manager",
        help="Fields that the forms of this funnel do not show. A stage that requires one shows it all the same.",
    )
    digest_threshold = fields.Integer(
        "Reminders One by One",
        default=5,
        help="Up to so many reminders at once come as a message each. More of them come to a person as one list.",
    )
    no_answer_stage_id = fields.Many2one(
        "crm.stage",
        ondelete="set null",
        domain="[('team_ids', 'in', id), ('is_won', '=', False)]",
        help="Where a lead goes when nobody answers. Empty: it stays where it is.",
    )
    call_gap = fields.Integer(
        "Gap between Calls",
        default=60,
        help="After a call that nobody has answered: how many working minutes at least pass before the next one.",
    )
    number_check_role_id = fields.Many2one(
        "funnel.role",
        "Wrong Numbers Go To",
        ondelete="set null",
        help="Who verifies the number of a client when it is wrong. Empty: the salesperson.",
    )
    refusal_check_percent = fields.Integer(
        "Refusals Checked",
        default=100,
        help="How many of a hundred refusals quality control has to check. Chance decides about each lead, for all "
        "salespeople alike: nobody can tell beforehand which leads are chosen, and losing a lead once more changes "
        "nothing about it. A deal that was returned is always checked when it is lost again.",
    )
    repeat_role_id = fields.Many2one(
        "funnel.role",
        "Repeat Clients Are Reported To",
        ondelete="set null",
        help="Who is told when the client of a new lead is somebody else's already. Empty: nobody.",
    )
    repeat_policy = fields.Selection(
        [("warn", "Confirm to know about it"), ("ask", "Ask the head of sales")],
        "A Colleague's Client",
        default="warn",
        help="What is needed to convert a lead whose client a colleague has worked with. Empty: nothing.",
    )
    role_assignment_ids = fields.One2many("funnel.role.assignment", "team_id", "Roles")
    funnel_action_id = fields.Many2one("ir.actions.act_window", "Funnel Screen", readonly=True, copy=False)
    funnel_menu_id = fields.Many2one("ir.ui.menu", "Menu Entry", readonly=True, copy=False)

    _check_digest_threshold = models.Constraint(
        "CHECK (digest_threshold IS NULL OR digest_threshold >= 0)", "A number of reminders cannot be negative."
    )
    _check_refusal_check_percent = models.Constraint(
        "CHECK (refusal_check_percent BETWEEN 0 AND 100)", "The share of checked refusals lies between 0 and 100 %."
    )
    _check_call_gap = models.Constraint("CHECK (call_gap > 0)", "The gap between two calls is at least one minute.")

    # ------------------------------------------------------------
    # ORM
    # ------------------------------------------------------------

    @api.constrains("no_answer_stage_id", "stage_ids")
    def _check_no_answer_stage_id(self):
        for team in self.filtered("funnel_kind"):
            stage = team.no_answer_stage_id
            if stage and (stage not in team.stage_ids or stage.is_won):
                raise ValidationError(
                    self.env._(
                        "Clients who do not answer need a stage of their own funnel that is not won: “%(stage)s” is "
                        "none of “%(funnel)s”.",
                        stage=stage.name,
                        funnel=team.name,
                    )
                )

    @api.constrains("hidden_field_ids")
    def _check_hidden_field_ids(self):
        for team in self.sudo():
            refused = team.hidden_field_ids.filtered(
                lambda field: field.model != "crm.lead" or field.name in UNHIDABLE_FIELDS
            )
            if refused:
                raise ValidationError(
                    self.env._("A funnel cannot hide: %s.", ", ".join(refused.mapped("field_description")))
                )

    @api.constrains("funnel_kind", "deal_team_id")
    def _check_deal_team_id(self):
        for team in self:
            if team.deal_team_id and (team.funnel_kind != "lead" or team.deal_team_id.funnel_kind != "deal"):
                raise ValidationError(
                    self.env._("Only a funnel of leads converts, and only into a funnel of deals: %s.", team.name)
                )

    @api.constrains("funnel_kind")
    def _check_funnel_kind(self):
        """Stages and leads of the team have to fit what it becomes."""
        self.stage_ids._check_team_ids()
        for team in self.filtered("funnel_kind"):
            fitting = funnel_rules.lead_type_of(team.funnel_kind)
            Lead = self.env["crm.lead"].sudo().with_context(active_test=False)  # also leads the admin may not see
            misfits = Lead.search([("team_id", "=", team.id), ("type", "!=", fitting)], limit=3)
            if misfits:
                raise ValidationError(
                    self.env._(
                        "“%(team)s” cannot become a funnel of this kind: it has leads of the other type (%(leads)s).",
                        team=team.name,
                        leads=", ".join(misfits.mapped("name")),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_engine_fields(vals)
        teams = super().create(vals_list)
        teams._sync_funnel_menus()
        return teams

    def write(self, vals):
        self._check_engine_fields(vals)
        result = super().write(vals)
        if not vals.keys().isdisjoint({"funnel_kind", "name", "active", "sequence", "manual_medium_id"}):
            self._sync_funnel_menus()
        if "resource_calendar_id" in vals:
            self.env["funnel.reminder"]._follow_working_time()
        if "funnel_kind" in vals:
            # outside the funnels nobody could do the tasks any more
            Lead = self.env["crm.lead"].sudo()  # whoever may see the leads
            leads = Lead.search([("team_id", "in", self.ids), ("won_status", "=", "pending")])
            leads._sync_checklists()
            leads._disarm_timers()
            leads._arm_timers()
            emptied = self.filtered(lambda team: not team.funnel_kind)
            self.env["funnel.refusal"]._close([("lead_id.team_id", "in", emptied.ids)], "left")
        return result

    def unlink(self):
        # the menu entries are the funnels' own; deleting one takes rights that a head of sales has no use for
        menus, actions = self.sudo().funnel_menu_id, self.sudo().funnel_action_id
        result = super().unlink()
        menus.unlink()
        actions.unlink()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_leads(self):
        """A funnel with leads is archived: deleting it would leave them in stages without rules."""
        Lead = self.env["crm.lead"].sudo().with_context(active_test=False)  # also leads the user may not see
        busy = Lead.search([("team_id", "in", self.filtered("funnel_kind").ids)], limit=1).team_id
        if busy:
            raise UserError(self.env._("The funnel “%s” has leads. Archive it instead of deleting it.", busy.name))

    @api.model
    def _check_engine_fields(self, vals):
        """Menu entry and screen are made by the funnel itself: with them goes the right to rewrite and delete them."""
        if not self.env.su and not vals.keys().isdisjoint({"funnel_menu_id", "funnel_action_id"}):
            raise AccessError(self.env._("The menu entry and the screen of a funnel cannot be chosen."))

    @api.model
    def _get_rule_fields(self):
        return [
            *super()._get_rule_fields(),
            "funnel_kind",
            "company_id",
            "user_id",
            "deal_team_id",
            "resource_calendar_id",
            "no_answer_stage_id",
            "call_gap",
            "number_check_role_id",
            "deferred_team_id",
            "deferral_min_days",
            "repeat_role_id",
            "repeat_policy",
            "stage_ids",
            "lost_reason_ids",
            "hidden_field_ids",
            "digest_threshold",
            "active",
        ]

    # ------------------------------------------------------------
    # DEFAULT TEAM
    # ------------------------------------------------------------

    @api.model
    def _get_default_team_id(self, user_id=False, domain=False):
        """A funnel is entered on purpose, never because it happens to be somebody's first team."""
        teams = self.with_context(without_funnels=_WITHOUT_FUNNELS)
        return super(CrmTeam, teams)._get_default_team_id(user_id, domain).with_env(self.env)

    @api.model
    def _search(self, domain, *args, **kwargs):
        if self.env.context.get("without_funnels") is _WITHOUT_FUNNELS:
            domain = Domain(domain) & Domain("funnel_kind", "=", False)
        return super()._search(domain, *args, **kwargs)
