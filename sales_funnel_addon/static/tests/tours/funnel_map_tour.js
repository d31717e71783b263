import { layoutMap } from "@sales_funnel_addon/funnel_map/funnel_map_layout";
import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const FUNNEL = "Tour Kitchens";
const stage = (name) => `.o_funnel_map_stage:contains(/^${name}/)`;

/** Fail unless the boxes keep clear of each other. */
function assertApart(boxes, what) {
    boxes.forEach((box, index) => {
        for (const other of boxes.slice(index + 1)) {
            const apart =
                box.x + box.width <= other.x + 0.5 ||
                other.x + other.width <= box.x + 0.5 ||
                box.y + box.height <= other.y + 0.5 ||
                other.y + other.height <= box.y + 0.5;
            if (!apart) {
                throw new Error(`Overlap of ${what}: ${JSON.stringify(box)} and ${JSON.stringify(other)}`);
            }
        }
    });
}

function assertScreenIsTidy() {
    const boxes = [...document.querySelectorAll(".o_funnel_map_stage, .o_funnel_map_mark, .o_funnel_map_crossing_label")];
    assertApart(
        boxes.map((node) => node.getBoundingClientRect()),
        "boxes on the screen"
    );
    for (const name of document.querySelectorAll(".o_funnel_map_stage")) {
        if (name.scrollHeight > name.clientHeight || name.scrollWidth > name.clientWidth) {
            throw new Error(`“${name.textContent}” does not fit into its box`);
        }
    }
}

/** Lay out funnels with every way between `count` stages, on narrow and on wide screens. */
function assertLayoutIsTidy(count) {
    const way = { is_conditional: true, message: "", roles: ["Lawyer"], reason_required: true };
    const stages = [...Array(count).keys()].map((id) => ({
        id,
        name: "Согласование технического задания ".repeat(1 + (id % 3)).trim(),
        is_won: id === count - 1,
        is_irreversible: id === 2,
        is_free: false,
        enter: [1],
        leave: [1],
        tasks: [1],
        approvals: [1],
    }));
    const transitions = stages.flatMap(({ id: from_stage_id }) =>
        stages
            .filter(({ id }) => id !== from_stage_id)
            .map(({ id: to_stage_id }) => ({ ...way, from_stage_id, to_stage_id }))
    );
    const funnels = [7, 8].map((id) => ({ id, kind: "deal", stages, transitions }));
    const crossings = [
        { from_funnel_id: 7, to_funnel_id: 8 },
        { from_funnel_id: 8, to_funnel_id: 7 },
    ];
    for (const available of [390, 1440]) {
        const { crossings: lines, lanes, width, height } = layoutMap({ funnels, crossings }, available);
        const marks = lanes.flatMap((lane) => lane.arrows.map((arrow) => arrow.mark));
        const inside = [...lanes.flatMap((lane) => lane.boxes), ...marks];
        assertApart(lanes, "lanes");
        assertApart(lanes.flatMap((lane) => lane.boxes), "stages");
        // icons of straight arrows stand between the stages, those of arcs on lines of their own above and below
        assertApart([...lanes.flatMap((lane) => lane.boxes), ...marks.filter(Boolean)], "stages and icons");
        if (inside.some((box) => box.x < 0 || box.y < 0 || box.x + box.width > width || box.y + box.height > height)) {
            throw new Error("Something stands outside the map");
        }
        if (lines.length !== 2 || marks.length !== 2 * count * (count - 1)) {
            throw new Error("Some way is not drawn");
        }
    }
}

/** A manager opens the process map, reads it, and goes from a stage to its form and back. */
registry.category("web_tour.tours").add("sales_funnel_map", {
    url: "/odoo",
    steps: () => [
        stepUtils.showAppsMenuItem(),
        { trigger: ".o_app[data-menu-xmlid='crm.crm_menu_root']", run: "click" },
        { trigger: "button[data-menu-xmlid='crm.crm_menu_config']", run: "click" },
        { trigger: ".o-dropdown--menu .dropdown-item:contains('Process Map')", run: "click" },
        { content: "The conversion is drawn", trigger: ".o_funnel_map_crossing_label:contains('Tour Kitchens')" },
        { content: "Nothing lies on anything else", trigger: ".o_funnel_map_canvas", run: assertScreenIsTidy },
        {
            content: "Neither where everything leads everywhere",
            trigger: ".o_funnel_map_canvas",
            run: () => [2, 5, 12].forEach(assertLayoutIsTidy),
        },
        { content: "Look at one funnel", trigger: ".o_funnel_map_selector", run: `selectByLabel ${FUNNEL}` },
        { trigger: ".o_funnel_map_canvas:not(:has(.o_funnel_map_lane ~ .o_funnel_map_lane))" },
        { trigger: ".o_funnel_map_lane_header button:contains('Tour Requests')" },
        { content: "Six stages", trigger: ".o_funnel_map_canvas:has(.o_funnel_map_stage:eq(5))" },
        {
            content: "Six transitions, and the road from the stage that is free",
            trigger: ".o_funnel_map_arrows",
            run: ({ anchor }) => {
                const count = (selector) => anchor.querySelectorAll(selector).length;
                const found = [count(".o_funnel_map_way"), count(".o_funnel_map_way.o_dashed"), count(".o_funnel_map_road")];
                if (found.join() !== "6,2,1") {
                    throw new Error(`Unexpected arrows: ${found}`);
                }
            },
        },
        { trigger: ".o_funnel_map_canvas", run: assertScreenIsTidy },
        { content: "What is needed", trigger: stage("Measurement"), run: "hover" },
        { trigger: ".o_funnel_map_hint:contains('Fill in: City'):contains('Repeat')" },
        { trigger: `${stage("Contract")} [data-kind=approvals]` },
        { trigger: stage("Contract"), run: "click" },
        { content: "The form of the stage", trigger: ".o_form_view .o_field_widget[name=name] input:value('Contract')" },
        { content: "Back to the same funnel", trigger: ".o_back_button, .breadcrumb-item a", run: "click" },
        { trigger: ".o_funnel_map_canvas:not(:has(.o_funnel_map_lane ~ .o_funnel_map_lane))" },
        { trigger: stage("Согласование") },
    ],
});
