import { registry } from "@web/core/registry";

const calm = "body:not(:has(.modal))";
const convert = { trigger: `${calm} .o_statusbar_buttons button:contains('Convert')`, run: "click" };
const dialog = ".modal:contains('Convert to')";
const isDeal = { trigger: `${calm} .o_form_view .o_statusbar_status:contains('Estimate')` };

/** A salesperson converts the client of a colleague: only knowingly. */
registry.category("web_tour.tours").add("sales_funnel_colleagues_client", {
    steps: () => [
        { content: "Who worked with the client", trigger: "[name=funnel_repeat]:contains('Colleague'):contains('Tour Oleg')" },
        { trigger: "[name=funnel_repeat] summary", run: "click" },
        { trigger: "[name=funnel_repeat] table:contains('Tour Oleg')" },
        convert,
        { content: "The dialog warns", trigger: `${dialog} .alert:contains('Tour Oleg')` },
        { content: "There is nothing to press yet", trigger: `${dialog} footer:not(:has(button[name=action_apply]))` },
        { trigger: `${dialog} [name=repeat_acknowledged] input`, run: "click" },
        { trigger: `${dialog} footer button[name=action_apply]`, run: "click" },
        isDeal,
    ],
});

/** Where the head decides, the salesperson asks. */
registry.category("web_tour.tours").add("sales_funnel_ask_the_head", {
    steps: () => [
        convert,
        { trigger: `${dialog} .alert:contains('the head of sales has to allow')` },
        { trigger: `${dialog} footer:not(:has(button[name=action_apply])) button[special=cancel], ${dialog} footer button:contains('Cancel')`, run: "click" },
        { trigger: `${calm} [name=funnel_repeat] button[name=action_ask_repeat_client]`, run: "click" },
        { trigger: ".o_notification:contains('Asked: Tour Head')" },
        { content: "The head has an activity", trigger: ".o-mail-Activity:contains('Allow the conversion'):contains('Tour Head')" },
    ],
});

registry.category("web_tour.tours").add("sales_funnel_head_allows", {
    steps: () => [
        { trigger: ".o-mail-Activity:contains('Allow the conversion')" },
        { trigger: "[name=funnel_repeat] button[name=action_approve_repeat_client]", run: "click" },
        { trigger: "[name=funnel_repeat]:not(:has(button[name=action_approve_repeat_client]))" },
        { content: "Nothing waits any more", trigger: ".o-mail-Chatter:not(:has(.o-mail-Activity)):contains('was allowed')" },
    ],
});

registry.category("web_tour.tours").add("sales_funnel_allowed_conversion", {
    steps: () => [
        { trigger: "[name=funnel_repeat]:not(:contains('has to allow'))" },
        convert,
        { trigger: `${dialog} footer button[name=action_apply]`, run: "click" },
        isDeal,
    ],
});
