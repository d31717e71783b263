from markupsafe import Markup
from odoo import api, models
from odoo.tools import is_html_empty


class FunnelHelpMixin(models.AbstractModel):
    """What an empty screen of a funnel says: what will stand there, and how it gets there."""

    _name = "funnel.help.mixin"
    _description = "Help on Empty Screens of Funnels"

    @api.model
    def get_empty_list_help(self, help_message):
        """Return what an empty screen says: the help of its action, else that of the funnel it shows.

        :param str help_message: the help of the action, as HTML
        :returns: HTML
        """
        funnel_id = self.env.context.get("funnel_id")
        funnels = self.env["crm.team"]._get_funnel_rules().funnels
        if not is_html_empty(help_message) or not isinstance(funnel_id, int) or funnel_id not in funnels:
            return super().get_empty_list_help(help_message)
        title, text = self._describe_empty_funnel(funnels[funnel_id].kind)
        return Markup('<p class="o_view_nocontent_smiling_face">%s</p><p>%s</p>') % (title, text)

    @api.model
    def _describe_empty_funnel(self, kind):
        """Return the title and the text for an empty funnel of a kind."""
        if kind == "lead":
            return (
                self.env._("No requests are waiting here"),
                self.env._(
                    "Press “New” when somebody calls or writes. Every card says what has to be done next; drag it on "
                    "when that is done."
                ),
            )
        if kind == "deferred":
            return (
                self.env._("No client asked to wait"),
                self.env._("A deal whose client is to be contacted much later comes here with “Defer…” on the deal."),
            )
        if kind == "followup":
            return (
                self.env._("Nothing has been handed over yet"),
                self.env._("Cards come here when a deal is won and handed over. Press “New” for one without a deal."),
            )
        return (
            self.env._("No deals are in work here"),
            self.env._("A lead becomes a deal when it is converted. Press “New” for a deal that needs no lead."),
        )
