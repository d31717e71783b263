from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import config

#: Where roles are used: whoever plays one is asked, told or let through there.
USES_OF_ROLES = {
    "funnel.task.template": "role_id",
    "funnel.transition": "role_ids",
    "funnel.reminder": "role_ids",
}
#: So many names of what is missing are told.
NAMES = 3


class FunnelFirstSteps(models.AbstractModel):
    """What has to be there before a sales department can work; each step is done when that is there, clicked or not."""

    _name = "funnel.first.steps"
    _description = "First Steps with Funnels"

    # ------------------------------------------------------------
    # PANEL
    # ------------------------------------------------------------

    @api.model
    @api.readonly
    def get_steps(self):
        """Return the steps that whoever configures funnels has to take, in their order.

        The number of queries does not depend on how many funnels, roles and people there are.

        :returns: ``name``, ``title``, ``text``, ``button`` (empty where the user may not open the screen) and ``done``
            of each; nothing for people who do not configure funnels, and for those who have closed the panel
        :rtype: list(dict)
        """
        if not self.env.user.has_group("sales_funnel_addon.group_funnel_manager"):
            return []
        # whoever has no settings yet has closed nothing
        if self.env.user.sudo().res_users_settings_id.funnel_first_steps_closed:
            return []
        funnels = self._get_funnels()
        return [
            self._describe_funnels(funnels),
            self._describe_heads(funnels),
            self._describe_roles(funnels),
            self._describe_mail(),
            self._describe_salespeople(),
            self._describe_lead(funnels),
        ]

    @api.model
    def close(self):
        """Close the panel for this user, for good.

        :raises AccessError: for people who do not configure funnels: they have none
        """
        self._check_manager()
        Settings = self.env["res.users.settings"]
        # the settings of this very user, and of nobody else
        Settings._find_or_create_for_user(self.env.user).sudo().funnel_first_steps_closed = True

    @api.model
    def get_action(self, name):
        """Return the action that opens the screen of a step.

        :param str name: the name of the step
        :raises AccessError: for people who do not configure funnels
        :raises UserError: for a step that is not there, or has no screen for this user
        """
        self._check_manager()
        method = {
            "funnels": self._action_presets,
            "heads": self._action_heads,
            "roles": self._action_roles,
            "mail": self._action_mail,
            "salespeople": self._action_salespeople,
            "lead": self._action_lead,
        }.get(name if isinstance(name, str) else None)
        action = method and method()
        if not action:
            raise UserError(self.env._("There is no screen for this step: %s.", name))
        return action

    @api.model
    def _check_manager(self):
        if not self.env.user.has_group("sales_funnel_addon.group_funnel_manager"):
            raise AccessError(self.env._("The first steps are for funnel managers."))

    # ------------------------------------------------------------
    # FACTS
    # ------------------------------------------------------------

    @api.model
    def _get_funnels(self):
        """Return the funnels of the companies that the user has chosen."""
        return self.env["crm.team"].search([("funnel_kind", "!=", False)])

    @api.model
    def _get_headless(self, funnels):
        return funnels.filtered(lambda team: not team.user_id.active)

    @api.model
    def _get_unplayed_roles(self, funnels):
        """Return the roles that the rules of these funnels use and nobody plays."""
        stages = funnels.stage_ids.ids
        used = set()
        for model_name, field_name in USES_OF_ROLES.items():
            place = "from_stage_id" if model_name == "funnel.transition" else "stage_id"
            rows = self.env[model_name]._read_group([(place, "in", stages)], [field_name])
            used |= {role.id for (role,) in rows}
        unplayed = Domain("id", "in", list(used)) & Domain("source", "=", "assigned")
        played = Domain("assignment_ids", "any", [("user_id.active", "=", True)])
        return self.env["funnel.role"].search(unplayed & ~played)

    @api.model
    def _has_mail(self):
        # whether there is a mail server; what it is remains the secret of administrators
        servers = self.env["ir.mail_server"].sudo().search_count([], limit=1)
        return bool(servers) or config["smtp_server"] not in (False, "", "localhost")

    @api.model
    def _count_salespeople(self):
        others = self.env["res.users"]._get_salespeople_domain() & Domain("id", "!=", self.env.uid)
        return self.env["res.users"].search_count(others, limit=1)

    # ------------------------------------------------------------
    # STEPS
    # ------------------------------------------------------------

    @api.model
    def _describe_funnels(self, funnels):
        text = self.env._("Presets bring stages, tasks and reminders that you can change afterwards.")
        if funnels:
            text = self.env._("There are: %s.", self._name_some(funnels))
        return self._describe("funnels", self.env._("Load a preset"), text, self.env._("Open Presets"), funnels)

    @api.model
    def _describe_heads(self, funnels):
        headless = self._get_headless(funnels)
        text = self.env._("Heads decide where nobody else does, and are told of leads that wait for too long.")
        if headless:
            text = self.env._("These funnels have no head of sales yet: %s.", self._name_some(headless))
        button = self.env._("Name a Head") if headless else ""
        return self._describe("heads", self.env._("Name the heads"), text, button, funnels and not headless)

    @api.model
    def _describe_roles(self, funnels):
        unplayed = self._get_unplayed_roles(funnels)
        text = self.env._("Tasks and approvals come to whoever plays their role.")
        if unplayed:
            text = self.env._("Nobody plays yet: %s. Until then the head stands in.", self._name_some(unplayed))
        return self._describe(
            "roles", self.env._("Give out the roles"), text, self.env._("Open Roles"), funnels and not unplayed
        )

    @api.model
    def _describe_mail(self):
        text = self.env._("Reminders and chats reach people by mail, too.")
        button = self.env._("Set Up Mail")
        if not self.env.user.has_group("base.group_system"):
            text, button = self.env._("An administrator names the mail server."), ""
        return self._describe("mail", self.env._("Let mail go out"), text, button, self._has_mail())

    @api.model
    def _describe_salespeople(self):
        text = self.env._("Each salesperson has a login, with the right “Sales: own documents only” or more.")
        button = self.env._("Invite People")
        if not self.env.user.has_group("base.group_erp_manager"):
            text, button = self.env._("An administrator invites salespeople."), ""
        return self._describe("salespeople", self.env._("Invite salespeople"), text, button, self._count_salespeople())

    @api.model
    def _describe_lead(self, funnels):
        Lead = self.env["crm.lead"].with_context(active_test=False)
        leads = Lead.search_count([("team_id", "in", funnels.ids)], limit=1)
        text = self.env._("Enter a request and walk it through the stages: that shows what your rules ask for.")
        button = self.env._("Open the Board") if funnels else ""
        return self._describe("lead", self.env._("Work on a first lead"), text, button, leads)

    @api.model
    def _describe(self, name, title, text, button, done):
        return {"name": name, "title": title, "text": text, "button": button, "done": bool(done)}

    @api.model
    def _name_some(self, records):
        names = ", ".join(records[:NAMES].mapped("name"))
        more = len(records) - NAMES
        return self.env._("%(names)s and %(count)s more", names=names, count=more) if more > 0 else names

    # ------------------------------------------------------------
    # SCREENS
    # ------------------------------------------------------------

    @api.model
    def _action_presets(self):
        return self.env["ir.actions.actions"]._for_xml_id("sales_funnel_addon.funnel_preset_action")

    @api.model
    def _action_heads(self):
        """Open the first funnel that has no head."""
        action = self.env["ir.actions.actions"]._for_xml_id("sales_funnel_addon.crm_team_action_funnel")
        headless = self._get_headless(self._get_funnels())[:1]
        return {**action, "res_id": headless.id, "views": [(False, "form")]} if headless else action

    @api.model
    def _action_roles(self):
        return self.env["ir.actions.actions"]._for_xml_id("sales_funnel_addon.funnel_role_action")

    @api.model
    def _action_mail(self):
        if self.env.user.has_group("base.group_system"):
            return self.env["ir.actions.actions"]._for_xml_id("base.action_ir_mail_server_list")

    @api.model
    def _action_salespeople(self):
        if self.env.user.has_group("base.group_erp_manager"):
            return self.env["ir.actions.actions"]._for_xml_id("base.action_res_users")

    @api.model
    def _action_lead(self):
        """Open the board of leads, else of whatever funnel there is."""
        funnels = self._get_funnels()
        first = funnels.filtered(lambda team: team.funnel_kind == "lead")[:1] or funnels[:1]
        return first and first.action_open_funnel()
