/** The package ships its schemas without types; of each we only need that it can check. */
declare module 'discord-api-spec/zod' {
  interface Checked {
    safeParse(
      body: unknown,
    ):
      | { success: true; data: unknown }
      | { success: false; error: { issues: readonly { code: string; path: readonly PropertyKey[] }[] } }
  }
  export const ApplicationCommandAutocompleteCallbackRequestSchema: Checked
  export const ApplicationCommandUpdateRequestSchema: Checked
  export const CreateMessageInteractionCallbackRequestSchema: Checked
  export const CreateTextThreadWithMessageRequestSchema: Checked
  export const CreateTextThreadWithoutMessageRequestSchema: Checked
  export const IncomingWebhookRequestPartialSchema: Checked
  export const IncomingWebhookUpdateRequestPartialSchema: Checked
  export const MessageCreateRequestSchema: Checked
  export const MessageEditRequestPartialSchema: Checked
  export const ModalInteractionCallbackRequestSchema: Checked
  export const UpdateGuildChannelRequestPartialSchema: Checked
  export const UpdateMessageInteractionCallbackRequestSchema: Checked
  export const UpdateThreadRequestPartialSchema: Checked
}
