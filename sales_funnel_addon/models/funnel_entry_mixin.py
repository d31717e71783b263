from collections import defaultdict

from odoo import models
from odoo.exceptions import UserError

from ..tools.lead_moves import EntryRun


class FunnelEntryMixin(models.AbstractModel):
    """What the administrator has a stage do when leads come into it: mails, webhooks, any server action."""

    _name = "funnel.entry.mixin"
    _description = "Actions on Entry"

    def _follow_with_entry_actions(self, after, moved):
        """Run the actions of the stages into which leads have come, once for all leads of a stage.

        As with the automation rules of Odoo, an error takes the move back: nothing stays half done. What Odoo sends
        after the commit, such as webhooks, can fail without harm. A lead that an action sends round in a circle meets
        the actions of each stage once.

        :param dict after: the states after a write or a creation, by lead id
        :param moved: the ids of the leads that stand elsewhere now
        :raises UserError: when an action fails, with its name
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        entered = defaultdict(list)
        if rules.has_entry_actions:
            done = self._get_entries_done()
            for lead_id in moved:
                state = after[lead_id]
                if state.is_arrival and (lead_id, state.stage_id) not in done:
                    entered[state.stage_id].append(lead_id)
        for stage_id, lead_ids in entered.items():
            stage = rules.stages.get(stage_id)
            if stage and stage.entry_action_ids:
                self.browse(lead_ids)._run_entry_actions(stage)

    def _get_entries_done(self):
        """Return the pairs of a lead id and a stage id for which the actions are running already."""
        run = self.env.context.get("funnel_entry_run")
        return run.entries if isinstance(run, EntryRun) else frozenset()

    def _run_entry_actions(self, stage):
        """Run the actions of a stage on the leads.

        :param sales_funnel_addon.tools.funnel_rules.Stage stage: the stage
        """
        run = EntryRun(self._get_entries_done() | {(lead_id, stage.id) for lead_id in self.ids})
        # nothing else of what a client sends along gets into what the administrator has configured
        context = {**self.env["res.users"].context_get(), "funnel_entry_run": run}
        if "allowed_company_ids" in self.env.context:
            context["allowed_company_ids"] = self.env.context["allowed_company_ids"]
        # like an automation rule: with the rights of the system, in the name of whoever moves the lead
        actions = self.env(su=True, context=context)["ir.actions.server"].browse(stage.entry_action_ids).exists()
        for action in actions:
            leads = self.sudo().exists()
            if not leads:
                break
            place = {"active_model": self._name, "active_ids": leads.ids, "active_id": leads[:1].id}
            try:
                action.with_context(**place).run()
            except (ValueError, ZeroDivisionError) as error:  # what is wrong with the code of an action
                raise UserError(
                    self.env._(
                        "The action “%(action)s” on entering the stage “%(stage)s” failed: %(error)s. "
                        "Tell an administrator.",
                        action=action.name,
                        stage=self.env["crm.team"]._get_funnel_rules().text("crm.stage", stage.id, self.env.lang),
                        error=error,
                    )
                ) from error
