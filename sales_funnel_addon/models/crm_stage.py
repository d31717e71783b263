from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class CrmStage(models.Model):
    """A stage; in a funnel also the place where the rules for its leads stand."""

    _name = "crm.stage"
    _inherit = ["funnel.rhythm.stage.mixin", "funnel.config.mixin", "crm.stage"]

    is_irreversible = fields.Boolean(
        "Point of No Return",
        help="A lead that has reached this stage cannot go back to an earlier one. "
        "Only a head of sales can send it back, with a reason.",
    )
    is_side_stage = fields.Boolean(
        "Side Stage",
        help="Beside the road, such as while a client does not answer: a lead may come here from any stage although "
        "something is missing there. Moving on from here, it needs what all the stages before the next one ask for.",
    )
    deferral_month = fields.Integer(
        "Month of Deferral",
        help="The month (1 to 12) whose deferred deals stand in this stage; 0 for any other stage.",
    )
    requirement_ids = fields.One2many("funnel.requirement", "stage_id", "Stage Requirements", copy=True)
    requirement_count = fields.Integer(compute="_compute_rule_counts")
    task_template_ids = fields.One2many("funnel.task.template", "stage_id", "Tasks", copy=True)
    task_template_count = fields.Integer(compute="_compute_rule_counts")
    reminder_ids = fields.One2many("funnel.reminder", "stage_id", "Reminders", copy=True)
    reminder_count = fields.Integer(compute="_compute_rule_counts")
    transition_ids = fields.One2many("funnel.transition", "from_stage_id", "Transitions")
    work_rule_ids = fields.One2many("funnel.work.rule", "stage_id", "Follows Documents", copy=True)
    has_work_states = fields.Boolean(compute="_compute_has_work_states")
    script = fields.Html(
        translate=True,
        sanitize_attributes=True,
        help="What to say to the client, shown on the leads in this stage. {client}, {salesperson} and {company} "
        "become names.",
    )
    material_ids = fields.Many2many(
        "ir.attachment",
        "crm_stage_material_rel",
        string="Materials",
        bypass_search_access=True,
        help="Files to show or to send, offered on the leads in this stage.",
    )
    call_quota = fields.Integer(
        "Calls per Working Day",
        help="How many times a client in this stage is to be called on each working day; 0: no matter how many.",
    )
    message_quota = fields.Integer(
        "Messages per Working Day",
        help="How many messages (WhatsApp or e-mail) a client in this stage is to get on each working day; 0: no "
        "matter how many.",
    )
    entry_action_ids = fields.Many2many(
        "ir.actions.server",
        "crm_stage_entry_action_rel",
        string="Actions on Entry",
        copy=False,  # whoever duplicates a stage may not choose them
        # what belongs to a scheduled action or an automation rule is run by that
        domain=[("model_name", "=", "crm.lead"), ("usage", "=", "ir_actions_server")],
        groups="base.group_system",
        help="Run for the leads that come into this stage, in the name of whoever moves them, with the rights of the "
        "system: only an administrator chooses them. If one fails, the leads stay where they were; what is sent "
        "afterwards, such as a webhook, can fail without that.",
    )
    is_deferral_stage = fields.Boolean(compute="_compute_is_deferral_stage")
    is_funnel_stage = fields.Boolean(compute="_compute_is_funnel_stage", search="_search_is_funnel_stage")

    _check_deferral_month = models.Constraint(
        "CHECK (deferral_month IS NULL OR deferral_month BETWEEN 0 AND 12)",
        "The month of deferral is a number from 1 to 12, or 0 for none.",
    )

    _check_quotas = models.Constraint(
        "CHECK (call_quota >= 0 AND message_quota >= 0)", "The number of calls and messages cannot be negative."
    )

    @api.depends("requirement_ids", "task_template_ids", "reminder_ids")
    def _compute_rule_counts(self):
        for stage in self:
            stage.requirement_count = len(stage.requirement_ids)
            stage.task_template_count = len(stage.task_template_ids)
            stage.reminder_count = len(stage.reminder_ids)

    def _compute_has_work_states(self):
        self.has_work_states = bool(self.env["funnel.work.state"].search_count([], limit=1))

    @api.depends("team_ids.funnel_kind")
    def _compute_is_funnel_stage(self):
        rules = self.env["crm.team"]._get_funnel_rules()
        for stage in self:  # the rules know archived funnels as well, but no stage that is still being typed in
            stage.is_funnel_stage = rules.is_funnel_stage(stage._origin.id) or any(stage.team_ids.mapped("funnel_kind"))

    @api.depends("team_ids.funnel_kind")
    def _compute_is_deferral_stage(self):
        for stage in self:
            stage.is_deferral_stage = "deferred" in stage.team_ids.mapped("funnel_kind")

    def _search_is_funnel_stage(self, operator, value):
        if operator != "in":
            return NotImplemented
        stage_ids = list(self.env["crm.team"]._get_funnel_rules().stages)
        return [("id", "in" if True in value else "not in", stage_ids)]

    @api.constrains("team_ids")
    def _check_team_ids(self):
        """A stage belongs to funnels or to stock teams: with both, no rule of the funnel could be relied on."""
        all_teams = self._get_all_teams()
        for stage in self:
            teams = all_teams.filtered(lambda team, stage=stage: stage in team.stage_ids)
            if any(teams.mapped("funnel_kind")) and not all(teams.mapped("funnel_kind")):
                raise ValidationError(
                    self.env._(
                        "The stage “%(stage)s” cannot belong to a funnel and to a team that is no funnel: %(teams)s.",
                        stage=stage.name,
                        teams=", ".join(teams.mapped("name")),
                    )
                )

    def _get_all_teams(self):
        """Return the teams of the stages, also archived ones and those of other companies: its rules still stand."""
        return self.env["crm.team"].sudo().with_context(active_test=False).search([("stage_ids", "in", self.ids)])

    @api.constrains("team_ids")
    def _check_leads(self):
        """Leads stay in the stages of their funnel, so a stage does not leave them alone."""
        Lead = self.env["crm.lead"].sudo().with_context(active_test=False)  # also leads the user may not see
        teams = self._get_all_teams()
        inside = [("stage_id", "in", self.ids), ("team_id.funnel_kind", "!=", False)]
        for stage, team, count in Lead._read_group(inside, ["stage_id", "team_id"], ["__count"]):
            if team not in teams or stage not in team.stage_ids:
                raise ValidationError(
                    self.env._(
                        "The stage “%(stage)s” cannot leave the funnel “%(funnel)s”: %(count)s leads stand in it.",
                        stage=stage.name,
                        funnel=team.name,
                        count=count,
                    )
                )

    @api.constrains("entry_action_ids")
    def _check_entry_action_ids(self):
        for action in self.sudo().entry_action_ids:
            if action.model_name != "crm.lead":
                raise ValidationError(self.env._("The action “%s” is not made for leads and deals.", action.name))

    @api.constrains("deferral_month", "team_ids")
    def _check_deferral_months(self):
        """A month has one stage in a funnel, and deferred deals stand in no other month than theirs."""
        for team in self._get_all_teams():
            months = team.stage_ids.filtered("deferral_month").mapped("deferral_month")
            if len(months) > len(set(months)):
                raise ValidationError(self.env._("In the funnel “%s” a month has two stages.", team.name))
        # whoever may see the deals
        Lead = self.env["crm.lead"].sudo().with_context(active_test=False)
        waiting = [
            ("stage_id", "in", self.ids),
            ("deferral_date", "!=", False),
            ("team_id.funnel_kind", "=", "deferred"),
        ]
        for stage, month, count in Lead._read_group(waiting, ["stage_id", "deferral_date:month_number"], ["__count"]):
            if stage.deferral_month != month:
                raise ValidationError(
                    self.env._(
                        "The stage “%(stage)s” keeps its month: %(count)s deferred deals wait in it.",
                        stage=stage.name,
                        count=count,
                    )
                )

    @api.onchange("is_won")
    def _onchange_is_won(self):
        """Warn when leads have to be counted anew, not when a stage is made."""
        return super()._onchange_is_won() if self._origin and self.is_won != self._origin.is_won else None

    @api.model_create_multi
    def create(self, vals_list):
        stages = super().create(vals_list)
        stages._share_materials()
        placed = {stage.id for stage, vals in zip(stages, vals_list, strict=True) if "sequence" in vals}
        stages.filtered(lambda stage: stage.id not in placed)._stand_last()
        return stages

    def _stand_last(self):
        """Put new stages after the open ones of their funnel: new leads come into the first stage."""
        stages = self.filtered(lambda stage: stage.team_ids and all(team.funnel_kind for team in stage.team_ids))
        others = stages.team_ids.stage_ids - stages
        for stage in stages:
            near = others.filtered(lambda other, stage=stage: other.team_ids & stage.team_ids)
            ahead = near.filtered(lambda other: not other.is_won).mapped("sequence")
            if ahead:
                stage.sequence = max(ahead) + 1
                behind = near.filtered(lambda other, stage=stage: other.sequence >= stage.sequence)
                if stage.sequence in behind.mapped("sequence"):
                    for other in behind:
                        other.sequence += 1

    def write(self, vals):
        result = super().write(vals)
        if "material_ids" in vals:
            self._share_materials()
        return result

    def _share_materials(self):
        """Attach uploaded materials to their stage: whoever reads the stage may then open them.

        Without a document, a file is only for whoever has uploaded it. Nobody shares a file of somebody else this way:
        the rights of the user decide.
        """
        for stage in self:
            loose = stage.material_ids.filtered(lambda file: not file.res_id and not file.public)
            loose.write({"res_model": stage._name, "res_id": stage.id})

    @api.model
    def name_search(self, name="", domain=None, operator="ilike", limit=100):
        """Within a funnel, as on its import screen, a name means the stage of that funnel first."""
        funnel_id = self.env.context.get("funnel_id")
        if operator == "=" and funnel_id:
            own = Domain(domain or Domain.TRUE) & Domain("team_ids", "in", [funnel_id])
            found = super().name_search(name, own, operator, limit)
            if found:
                return found
        return super().name_search(name, domain, operator, limit)

    @api.model
    def _get_rule_fields(self):
        return [
            *super()._get_rule_fields(),
            "name",
            "sequence",
            "fold",
            "is_won",
            "is_irreversible",
            "is_side_stage",
            "material_ids",
            "call_quota",
            "message_quota",
            "deferral_month",
            "team_ids",
            "entry_action_ids",
        ]

    def unlink(self):
        # not by the database: the tasks and timers of leads keep their names, also those of archived rules
        stages = self.with_context(active_test=False)
        stages.task_template_ids.unlink()
        stages.reminder_ids.unlink()
        return super().unlink()

    def _get_open_leads(self):
        """Return the leads that stand in these stages, whoever may see them."""
        return self.env["crm.lead"].sudo().search([("stage_id", "in", self.ids), ("won_status", "=", "pending")])
