import { Component, markRaw, useRef } from "@odoo/owl";

/**
 * Files that somebody chooses for a requirement; nothing is uploaded before the dialog is saved.
 *
 * Props: `label`, what the button is for; `files`, the chosen files, each with its `name` and its `file`;
 * `onChange(files)`, called with the new list.
 */
export class ChosenFiles extends Component {
    static template = "sales_funnel_addon.ChosenFiles";
    static props = { label: String, files: Array, disabled: Boolean, onChange: Function };

    setup() {
        this.inputRef = useRef("input");
    }

    onChoose(ev) {
        // a file behind a proxy is no file any more
        const chosen = [...ev.target.files].map((file) => ({ name: file.name, file: markRaw(file) }));
        // the same file can be chosen again after it was taken back
        ev.target.value = null;
        this.props.onChange([...this.props.files, ...chosen]);
    }

    onRemove(index) {
        this.props.onChange(this.props.files.filter((_file, i) => i !== index));
    }
}
