/** What Discord takes, as it enforces it (REST v10). Lengths are characters. */
export const CUSTOM_ID_LENGTH = 100
export const BUTTON_LABEL_LENGTH = 80
export const BUTTONS_PER_ROW = 5
export const SELECT_OPTIONS = 25
export const SELECT_PLACEHOLDER_LENGTH = 150
export const SELECT_OPTION_LENGTH = 100
/** Counted with everything that is inside of other components. */
export const COMPONENTS_PER_MESSAGE = 40
/** Over all text displays of a message together. */
export const TEXT_PER_MESSAGE = 4000
export const MODAL_TITLE_LENGTH = 45
export const MODAL_COMPONENTS = 5
export const MODAL_LABEL_LENGTH = 45
export const MODAL_DESCRIPTION_LENGTH = 100
export const TEXT_INPUT_LENGTH = 4000
export const TEXT_INPUT_PLACEHOLDER_LENGTH = 100
export const THREAD_NAME_LENGTH = 100
export const CHOICES = 25
export const CHOICE_NAME_LENGTH = 100
/** Ours: what a phone shows of a code block without breaking its lines. */
export const TABLE_WIDTH = 40
