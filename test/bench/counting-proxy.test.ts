import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { test } from 'node:test'
import { CountingProxy } from '../../bench/peers/counting-proxy.ts'

test('what passes is counted both ways, and arrives', async () => {
  const server = createServer((socket) => {
    socket.on('data', (data) => socket.end(Buffer.concat([data, data])))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = await CountingProxy.open((server.address() as AddressInfo).port)
  const socket = connect(proxy.port, '127.0.0.1')
  socket.write('hello')
  const [answer] = await once(socket, 'data')
  assert.equal(String(answer), 'hellohello')
  assert.equal(proxy.bytes, 15)
  assert.equal(proxy.count, 1)
  proxy.close()
  server.close()
  socket.destroy()
})
