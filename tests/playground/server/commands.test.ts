import { expect, test } from 'vitest'
import { bot } from './bot.ts'

test('a command reaches the bot with its options, and the person sees the answer', async () => {
  await using world = await bot({
    commands: [
      {
        name: 'finetune',
        description: 'Fine-tune models',
        options: [
          {
            type: 1,
            name: 'start',
            description: 'Start a run',
            options: [
              { type: 3, name: 'model', description: 'Model', required: true },
              { type: 6, name: 'reviewer', description: 'Who reviews' },
            ],
          },
        ],
      },
    ],
    on: async (interaction) => {
      if (!interaction.isChatInputCommand()) return
      const reviewer = interaction.options.getUser('reviewer')
      await interaction.reply(
        `${interaction.options.getSubcommand()} ${interaction.options.getString('model', true)} for ${reviewer?.displayName}`,
      )
    },
  })
  const screen = await world.playground.as('alice').command('finetune start', { model: 'tiny', reviewer: 'Bob' })
  expect(screen.text).toBe('Alice used /finetune start\nfinetune:\nstart tiny for Bob')
  expect(world.errors).toEqual([])
})
