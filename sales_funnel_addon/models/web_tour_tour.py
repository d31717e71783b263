from odoo import api, models

#: The guided tours of the funnels, which people start themselves.
GUIDES = ("funnel_manager_guide", "funnel_salesperson_guide")


class WebTourTour(models.Model):
    """A guided tour through screens of Odoo."""

    _inherit = "web_tour.tour"

    @api.model
    def consume(self, tourName):
        """Note that the user has come to the end of a tour, and return the next one.

        Starting a guide switches tours on. Whoever has them off as a rule asked for this one, not for those of every
        app: behind it they are off again.

        :param str tourName: the name of the tour
        :returns: the tour that comes next, or False
        """
        following = super().consume(tourName)
        if tourName in GUIDES and self.env.user._is_internal() and not self.env.user._is_admin():
            self.env["res.users"].switch_tour_enabled(False)
            return False
        return following
