from odoo import api, fields, models
from odoo.fields import Domain

from ..tools.checklists import OPEN_STATES


class FunnelTask(models.Model):
    """One step on the checklist of one lead: something to do, or an approval to get."""

    _name = "funnel.task"
    _inherit = ["funnel.task.flow.mixin", "funnel.task.activity.mixin", "funnel.follows.lead.mixin"]
    _description = "Checklist Task"
    _order = "template_id, id"

    name = fields.Char("Task", compute="_compute_name", search="_search_name", compute_sudo=True)
    title = fields.Char("Former Name", readonly=True, help="What the task was called before its template was deleted.")
    # neither the lead nor the state needs an index of its own: see those after the fields
    lead_id = fields.Many2one("crm.lead", required=True, ondelete="cascade", readonly=True)
    template_id = fields.Many2one("funnel.task.template", index=True, ondelete="set null", readonly=True)
    stage_id = fields.Many2one("crm.stage", ondelete="set null", readonly=True)
    kind = fields.Selection(related="template_id.kind")
    mandatory = fields.Boolean(related="template_id.mandatory")
    role_id = fields.Many2one(related="template_id.role_id")
    instructions = fields.Text(related="template_id.instructions")
    state = fields.Selection(
        [
            ("open", "To do"),
            ("requested", "Waiting for approval"),
            ("done", "Done"),
            ("approved", "Approved"),
            ("refused", "Refused"),
            ("cancelled", "Cancelled"),
        ],
        default="open",
        required=True,
    )
    comment = fields.Text(help="Why it was refused, or what the approval is tied to.")
    user_id = fields.Many2one("res.users", "By", ondelete="set null", readonly=True, help="Who did or decided it.")
    done_date = fields.Datetime("On", readonly=True)
    requested_by_id = fields.Many2one("res.users", "Asked By", ondelete="set null", readonly=True)
    requested_date = fields.Datetime("Asked On", readonly=True)
    opened_date = fields.Datetime("Since", readonly=True, help="When the task appeared on the checklist.")
    deadline = fields.Datetime(index="btree_not_null", readonly=True)
    activity_ids = fields.One2many("mail.activity", "funnel_task_id", "Planned Activity", readonly=True)
    is_mine = fields.Boolean("Mine", compute="_compute_is_mine", search="_search_is_mine")
    is_overdue = fields.Boolean("Overdue", compute="_compute_is_overdue", search="_search_is_overdue")
    can_do = fields.Boolean("May Do It", compute="_compute_can_do")
    can_open_lead = fields.Boolean("May Open the Lead", compute="_compute_can_open_lead")
    is_ahead = fields.Boolean("Ahead of Its Stage", compute="_compute_is_ahead", compute_sudo=True)

    # what people outside sales need to know about the lead to do their part; they may not be able to open it
    lead_name = fields.Char("Title", related="lead_id.name")
    lead_stage_id = fields.Many2one(related="lead_id.stage_id", string="Present Stage")
    lead_user_id = fields.Many2one(related="lead_id.user_id")
    lead_contact = fields.Char(related="lead_id.contact_name", string="Contact")
    lead_partner = fields.Char(related="lead_id.partner_id.display_name", string="Client")
    lead_company = fields.Char(related="lead_id.partner_name", string="Company")
    lead_phone = fields.Char(related="lead_id.phone", string="Phone")
    lead_description = fields.Html(related="lead_id.description", string="Request")
    lead_revenue = fields.Monetary(
        related="lead_id.expected_revenue", string="Expected Revenue", currency_field="currency_id"
    )
    lead_contract_amount = fields.Monetary(
        related="lead_id.contract_amount", string="Contract Amount", currency_field="currency_id"
    )
    currency_id = fields.Many2one(related="lead_id.company_currency", string="Currency")

    _unique_template = models.UniqueIndex("(lead_id, template_id)", "A lead has each task of its stages once.")
    _waiting = models.Index("(template_id, lead_id) WHERE state IN ('open', 'requested')")

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends("template_id.name", "title")
    @api.depends_context("lang")
    def _compute_name(self):
        for task in self:
            task.name = task.template_id.name or task.title

    def _search_name(self, operator, value):
        return Domain("template_id.name", operator, value) | Domain("title", operator, value)

    @api.depends("name", "lead_id.name")
    def _compute_display_name(self):
        for task in self:
            task.display_name = f"{task.sudo().lead_id.name}: {task.name}"

    @api.depends_context("uid")
    @api.depends("lead_id.user_id", "lead_id.team_id", "template_id")
    def _compute_is_mine(self):
        mine = set(self.sudo().search(Domain("id", "in", self.ids) & self._get_mine_domain())._ids)
        for task in self:
            task.is_mine = task.id in mine

    def _search_is_mine(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = self._get_mine_domain()
        return domain if True in value else ~domain

    @api.model
    def _get_mine_domain(self):
        """Return the domain over the tasks that this user is expected to do."""
        rules = self.env["crm.team"]._get_funnel_rules()
        of_salesperson, of_head = [], []
        for template in rules.templates.values():
            source = rules.roles[template.role_id].source if template.role_id in rules.roles else "salesperson"
            if source != "assigned":
                (of_salesperson if source == "salesperson" else of_head).append(template.id)
        headed = Domain("lead_id.team_id.user_id", "=", self.env.uid)
        ownerless = Domain("lead_id.user_id", "=", False) | Domain("lead_id.user_id.active", "=", False)
        return (
            self.env["crm.lead"]._get_role_domain()
            | (Domain("template_id", "in", of_head) & headed)
            | (
                Domain("template_id", "in", of_salesperson)
                & (Domain("lead_id.user_id", "=", self.env.uid) | (ownerless & headed))
            )
        )

    @api.depends("deadline", "state")
    def _compute_is_overdue(self):
        now = fields.Datetime.now()
        for task in self:
            task.is_overdue = bool(task.deadline) and task.deadline < now and task.state in OPEN_STATES

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = Domain("deadline", "<", fields.Datetime.now()) & Domain("state", "in", list(OPEN_STATES))
        return domain if True in value else ~domain

    @api.depends_context("uid")
    @api.depends("template_id", "lead_id.user_id")
    def _compute_can_do(self):
        # a task without a role is everybody's who may edit the lead, and nobody's who may only look at it
        allowed = self._filter_doable()._filtered_access("write")
        for task in self:
            task.can_do = task in allowed

    @api.depends_context("uid")
    @api.depends("lead_id")
    def _compute_can_open_lead(self):
        leads = self.sudo().lead_id.sudo(False)._filtered_access("read")
        for task in self:
            task.can_open_lead = task.sudo().lead_id.id in leads._ids

    @api.depends("template_id", "lead_id.stage_id", "lead_id.team_id")
    def _compute_is_ahead(self):
        rules = self.env["crm.team"]._get_funnel_rules()
        for lead, tasks in self.grouped("lead_id").items():
            ahead = rules.templates_ahead(lead.team_id.id, lead.stage_id.id)
            for task in tasks:
                task.is_ahead = task.template_id.id in ahead

    # ------------------------------------------------------------
    # ORM
    # ------------------------------------------------------------

    @api.model
    def _get_follow_domain(self):
        """Whoever has to do a task sees it, whether or not they may see the lead."""
        return super()._get_follow_domain() | self.env["crm.lead"]._get_role_domain()

    def _get_exempt(self, operation):
        return self._filter_of_role() if operation in ("read", "write") else super()._get_exempt(operation)

    @api.model_create_multi
    def create(self, vals_list):
        """Create tasks; people can only do or ask for a task ahead of its stage, the engine makes all others."""
        if self.env.su:
            templates = self.env["funnel.task.template"].browse(
                vals["template_id"] for vals in vals_list if vals.get("template_id")
            )
            stages = {template.id: template.stage_id.id for template in templates}
            now = fields.Datetime.now()
            return super().create(
                [{"stage_id": stages.get(vals.get("template_id")), "opened_date": now, **vals} for vals in vals_list]
            )
        return self._create_ahead(vals_list)

    def write(self, vals):
        """People write the state of a task, and a comment with it; who may do so depends on the role.

        :raises AccessError: for anything else, and for people outside the role
        """
        if self.env.su:
            return super().write(vals)
        self._check_writable(vals)
        self.check_access("write")
        if "state" in vals:
            self._change_state(vals["state"], vals.get("comment"))
        else:
            self._check_leads_open()
            self._check_doable()
            super(FunnelTask, self.sudo()).write(vals)
        return True
