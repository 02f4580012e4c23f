"""Answers everybody with their own words: ANOCHAT_PASSPHRASE=... python echo_bot.py wss://relay.example"""
import asyncio, os, sys
import anochat

async def main(relay):
    async with anochat.Client("bot.db", passphrase=os.environ["ANOCHAT_PASSPHRASE"], relay=relay, allow_strangers=True) as me:
        print(me.account, flush=True)
        async for message in me.messages():
            await message.reply(message.text)

asyncio.run(main(sys.argv[1]))
