import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';

const app = express();
app.use(createProxyMiddleware({ target: 'http://127.0.0.1:9401' }));
app.listen(9403, '127.0.0.1');
